import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RefusalCode, refusalTable } from '../../core/refusals.ts'
import { isScannerPath, signalOfRefusal } from './signals.ts'

test('signals: what scanners ask for is told from what people and browsers do', () => {
  for (const path of [
    ...['/.env', '/.git/HEAD', '/wp-login.php', '/WP-admin/setup-config.php', '/xmlrpc.php'],
    ...[
      '/phpMyAdmin/index.php',
      '/cgi-bin/luci',
      '/actuator/health',
      '/backup.sql',
      '/site.tar.gz',
    ],
    ...[
      '/../etc/hosts',
      '/%2e%2e/x',
      '/a/..%2fx',
      '/..%5cx',
      '/%252e%252e%252fx',
      '/a\\b',
      '/a%00b',
    ],
    ...['/index.php.bak', '/default.aspx', '/login.jsp', '/api/.env', '/server.key'],
  ]) {
    assert.equal(isScannerPath(path), true, path)
  }
  for (const path of [
    ...['/', '/favicon.ico', '/robots.txt', '/.well-known/security.txt', '/sitemap.xml'],
    ...[
      '/.well-known/acme-challenge/x',
      '/apple-touch-icon-precomposed.png',
      '/index.php',
      '/posts/1',
    ],
    // A link with a mistake, a name with dots in it, a slash that somebody has encoded.
    ...['/posts//1', '/a...b', '/v1.2..3', '/a%2Fb', '/.hidden'],
    ...['/archive/2019.html', '/ads.txt', '/feed', '/.well-known/change-password', '/environment'],
  ]) {
    assert.equal(isScannerPath(path), false, path)
  }
})

test('signals: what says nothing about the sender is no signal', () => {
  for (const code of [
    'server.busy',
    'fault.unexpected',
    'limit.exceeded',
    'body.timeout',
  ] as const) {
    assert.equal(signalOfRefusal(code), null)
  }
  assert.equal(signalOfRefusal('access.sign-in-required'), null)
  assert.equal(signalOfRefusal('request.framing'), 'framing.malformed')
  assert.equal(signalOfRefusal('csrf.token-invalid'), 'csrf.refused')
  // The page that made a browser send it is to blame, and not whoever sits before it.
  assert.equal(signalOfRefusal('csrf.cross-site'), null)
})

test('signals: every refusal that is logged as malicious is heard', () => {
  // These are logged so for their event, and yet happen to people who did nothing.
  const innocent = new Set([
    'request.header-too-large',
    'request.target-too-long',
    'request.host',
    'cors.origin-refused',
    'csrf.cross-site',
  ])
  const codes = Object.keys(refusalTable).filter(
    (code): code is RefusalCode => code in refusalTable,
  )
  const malicious = codes.filter((code) => refusalTable[code].event.startsWith('malicious'))
  assert.ok(malicious.length > 10)
  for (const code of malicious) {
    if (!innocent.has(code)) assert.notEqual(signalOfRefusal(code), null, code)
  }
})
