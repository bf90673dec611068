import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { flaskSecuritySalts } from './passwordSalts.ts'

const folder = mkdtempSync(join(tmpdir(), 'demijohn-salts-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const read = (environment: Record<string, string>) =>
  flaskSecuritySalts(environment).map((salt) => salt.reveal())

test('salts: none, one and two of them, as they stood at the origin', () => {
  assert.deepEqual(read({}), [])
  assert.deepEqual(read({ FLASK_SECURITY_SALT: '146585145368132' }), ['146585145368132'])
  assert.deepEqual(read({ FLASK_SECURITY_SALT: ' a,b \nç' }), [' a,b ', 'ç'])
})

test('[asvs 13.3.1] salts: from a file that its owner alone reads', () => {
  const path = join(folder, 'salt')
  writeFileSync(path, 'of-the-old-site\n', { mode: 0o600 })
  assert.deepEqual(read({ FLASK_SECURITY_SALT_FILE: path }), ['of-the-old-site'])
  chmodSync(path, 0o644)
  assert.throws(() => read({ FLASK_SECURITY_SALT_FILE: path }), /chmod 600/)
})

test('salts: what is no salt is refused, and never shown', () => {
  for (const text of ['', 'planted\n\nx', 'planted\na\nb', 'planted\nplanted', 'planted\n']) {
    assert.throws(
      () => read({ FLASK_SECURITY_SALT: text }),
      (error: unknown) =>
        error instanceof Misconfiguration &&
        /SECURITY_PASSWORD_SALT/.test(error.message) &&
        !error.message.includes('planted'),
    )
  }
  const [salt] = flaskSecuritySalts({ FLASK_SECURITY_SALT: 'planted' })
  assert.doesNotMatch(`${salt} ${JSON.stringify(salt)}`, /planted/)
})
