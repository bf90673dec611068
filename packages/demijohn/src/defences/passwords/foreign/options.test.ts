import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Misconfiguration } from '../../../core/misconfiguration.ts'
import { importedPasswords } from './options.ts'

const concealed = (text: string) => ({ reveal: () => text })

test('imported passwords: salts are read once, as UTF-8, and frozen', () => {
  const options = importedPasswords({ flaskSecuritySalts: [concealed('sält'), concealed('other')] })
  const [first] = options.flaskSecuritySalts
  assert.equal(first?.toString('hex'), '73c3a46c74')
  assert.ok(Object.isFrozen(options) && Object.isFrozen(options.flaskSecuritySalts))
  assert.deepEqual(importedPasswords(), { flaskSecuritySalts: [] })
})

test('imported passwords: contradictory options throw, and no salt is in the message', () => {
  const salt = '146585145368132386173505678016728509634'
  for (const salts of [
    [''],
    [salt, ''],
    [salt, salt],
    [salt, 'second', 'third'],
    [salt.repeat(30)],
  ]) {
    assert.throws(
      () => importedPasswords({ flaskSecuritySalts: salts.map(concealed) }),
      (error) => error instanceof Misconfiguration && !inspect(error).includes(salt.slice(0, 8)),
    )
  }
  assert.throws(() => importedPasswords(JSON.parse('{"salt":"x"}')), /salt is not an option/)
})
