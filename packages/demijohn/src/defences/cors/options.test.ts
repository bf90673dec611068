import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { corsOptions } from './options.ts'

const where = '/api/v1'

const taken = [
  'https://app.example.org',
  'https://app.example.org:8443',
  'https://xn--bcher-kva.example',
  'https://192.0.2.7',
  'https://[2001:db8::1]:8443',
  'http://localhost:3000',
  'http://127.0.0.1:3000',
  'http://[::1]:3000',
]
test('[asvs 3.4.2] cors options: origins that are written out are taken, and frozen', () => {
  const options = corsOptions({ allowedOrigins: taken }, where)
  assert.deepEqual(options.allowedOrigins, taken)
  assert.ok(Object.isFrozen(options) && Object.isFrozen(options.allowedOrigins))
})

const refused = [
  ...['*', 'null', '', ' ', 'https://', 'https://*', 'https://*.example.org', 'https://app.*'],
  ...['https://app.example.org/', 'https://app.example.org/x', 'https://app.example.org?x'],
  ...['https://app.example.org#x', 'https://app.example.org:443', 'http://localhost:80'],
  ...['https://App.example.org', 'HTTPS://app.example.org', 'https://app.example.org.'],
  ...['https://user@app.example.org', 'https://user:word@app.example.org', 'app.example.org'],
  ...['//app.example.org', ' https://app.example.org', 'https://app.example.org '],
  ...['https://app.example.org\n', 'https://a\tpp.example.org', 'https:app.example.org'],
  ...['https://bücher.example', 'https://app。example.org', 'https://app.example.org%2e'],
  ...['http://app.example.org', 'http://192.0.2.7', 'http://127.0.0.2', 'http://localhost.'],
  ...[
    'http://localhost.example.org',
    'ftp://app.example.org',
    'file:///x',
    'data:,x',
    'about:blank',
  ],
  ...['blob:https://app.example.org', 'chrome-extension://abcdef', 'wss://app.example.org'],
  ...['https://app.example.org, https://b.example.org', '/https:\\/\\/.*\\.example\\.org/'],
  ...['https://[::0001]', 'https://[2001:DB8::1]', 'https://0x7f.1', 'https://a..b', 'https://.a'],
]
for (const origin of refused) {
  test(`[asvs 3.4.2] cors options: ${JSON.stringify(origin)} stops the start`, () => {
    const good = 'https://app.example.org'
    assert.throws(
      () => corsOptions({ allowedOrigins: [good, origin] }, where),
      (error) => {
        assert.ok(error instanceof Misconfiguration)
        assert.equal(error.problems.length, 1)
        const [problem = ''] = error.problems
        assert.ok(problem.startsWith(`cors of /api/v1: ${JSON.stringify(origin)} `), problem)
        return true
      },
    )
  })
}

test('cors options: an empty list, one that is too long, and an origin twice stop the start', () => {
  const many = Array.from({ length: 101 }, (_, at) => `https://a${at}.example`)
  corsOptions({ allowedOrigins: many.slice(1) }, where)
  for (const allowedOrigins of [[], many, ['https://a.example', 'https://a.example']]) {
    assert.throws(() => corsOptions({ allowedOrigins }, where), Misconfiguration)
  }
})

// CVE-2026-54290: another framework reflected every origin and let cookies be sent along.
for (const name of ['credentials', 'origin', 'allowedHeaders', 'privateNetwork', 'enabled']) {
  test(`[asvs 3.4.2] cors options: there is no option ${name}`, () => {
    const given = { allowedOrigins: ['https://a.example'], [name]: true }
    assert.throws(() => corsOptions(given, where), /there is no option/)
  })
}
