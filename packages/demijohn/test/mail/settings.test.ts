/** What a start asks for when the project sends mail. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Misconfiguration } from '../../src/core/misconfiguration.ts'
import { runSettings } from '../../src/serve/settings.ts'

const KEYS = Buffer.from('0f1e2d3c4b5a69788796a5b4c3d2e1f0102132435465768798a9bacbdcedfe0f', 'hex')
const production = {
  NODE_ENV: 'production',
  ORIGIN: 'https://press.example',
  KEYS: KEYS.toString('base64url'),
}
const mail = {
  SMTP_URL: 'smtps://u:secret-word@mail.example',
  MAIL_FROM: 'Press <p@press.example>',
}

function problemsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    runSettings('press', environment, { mail: true })
  } catch (error) {
    assert.ok(error instanceof Misconfiguration)
    return error.problems
  }
  return []
}

test('settings: production with mail wants both, and says what to set', () => {
  const problems = problemsOf(production)
  assert.equal(problems.length, 2)
  assert.match(problems[0] ?? '', /^SMTP_URL is not set\. Set SMTP_URL to smtps:\/\//)
  assert.match(problems[1] ?? '', /^MAIL_FROM is not set\. Set MAIL_FROM to /)
  assert.equal(problemsOf({ ...production, SMTP_URL: mail.SMTP_URL }).length, 1)
  assert.equal(problemsOf({ ...production, MAIL_FROM: mail.MAIL_FROM }).length, 1)
  assert.deepEqual(problemsOf({ ...production, ...mail }), [])
  const settings = runSettings('press', { ...production, ...mail }, { mail: true })
  assert.equal(settings.mail?.server.host, 'mail.example')
  assert.equal(settings.mail?.from.address, 'p@press.example')
})

test('settings: the password of the server is in no message', () => {
  for (const end of ['?rejectUnauthorized=false', '/x', ':0', '#x']) {
    const problems = problemsOf({ ...production, ...mail, SMTP_URL: `${mail.SMTP_URL}${end}` })
    assert.equal(problems.length, 1)
    assert.doesNotMatch(problems.join(''), /secret-word/)
  }
})

test('settings: a project without mail is asked for nothing, and nothing is read', () => {
  assert.equal(runSettings('press', production).mail, undefined)
  const wrong = { ...production, SMTP_URL: 'x', MAIL_FROM: 'x' }
  assert.equal(runSettings('press', wrong, { mail: false }).mail, undefined)
})

test('settings: in development mail goes nowhere, whatever is set', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-mail-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const environment = { ...mail, DATABASE: join(folder, 'press.db') }
  assert.equal(runSettings('press', environment, { mail: true }).mail, undefined)
})
