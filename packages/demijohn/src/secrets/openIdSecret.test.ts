import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { openIdClientSecret } from './openIdSecret.ts'

const secret = 'only between the site and its provider'

test('[asvs 13.3.1] client secret: from the environment or a file, and printed by nothing', (t) => {
  const read = openIdClientSecret({ OPENID_CLIENT_SECRET: secret })
  assert.equal(read.reveal(), secret)
  assert.doesNotMatch(`${read} ${JSON.stringify({ read })}`, /only between/)
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-openid-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'secret')
  writeFileSync(path, `${secret}\n`, { mode: 0o600 })
  const other = openIdClientSecret({ EXAMPLE_SECRET_FILE: path }, 'EXAMPLE_SECRET')
  assert.equal(other.reveal(), secret)
  chmodSync(path, 0o644)
  assert.throws(() => openIdClientSecret({ OPENID_CLIENT_SECRET_FILE: path }), Misconfiguration)
})

test('client secret: absent, empty or no line of text, nothing starts, and it is not shown', () => {
  for (const text of [undefined, '', 'a\nb', 'a\u0000b', 'x'.repeat(513)]) {
    assert.throws(
      () => openIdClientSecret({ OPENID_CLIENT_SECRET: text }),
      (error: Error) =>
        error instanceof Misconfiguration &&
        /OPENID_CLIENT_SECRET/.test(error.message) &&
        !/xxx/.test(error.message),
    )
  }
})
