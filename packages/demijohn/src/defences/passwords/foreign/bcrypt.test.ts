import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBcrypt } from './bcrypt.ts'
import { isAccepted } from './reading.ts'

function hashOf(text: string) {
  const reading = readBcrypt(text)
  assert.ok(reading !== undefined && isAccepted(reading), text)
  return reading
}

/** Of Openwall's crypt_blowfish, wrapper.c: the tests of its own. */
const openwall: readonly (readonly [string, string])[] = [
  ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['U*U*', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK'],
  ['U*U*U', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'],
  [
    '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',
    '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui',
  ],
]

test('bcrypt: the vectors of crypt_blowfish', async () => {
  for (const [password, stored] of openwall) {
    assert.equal(await hashOf(stored).verify(password), true, stored)
    assert.equal(await hashOf(stored).verify(`${password.slice(0, 1)}~${password.slice(2)}`), false)
  }
})

test('bcrypt: a password that a NUL repeats is another one', async () => {
  const [[password, stored] = assert.fail()] = openwall
  for (const other of [`${password}\0`, `${password}\0${password}`, `${password}\0\0`, '\0']) {
    assert.equal(await hashOf(stored).verify(other), false, JSON.stringify(other))
  }
})

test('bcrypt: others have their turn while a hash is computed', async () => {
  // 2^12 rounds, and wrong: a quarter of a second at least, in slices of a tenth.
  const { verify } = hashOf(`$2b$12$${'A'.repeat(21)}.${'A'.repeat(30)}.`)
  let turns = 0
  let done = false
  const count = () => {
    turns += 1
    if (!done) setImmediate(count)
  }
  setImmediate(count)
  assert.equal(await verify('a'), false)
  done = true
  assert.ok(turns >= 2, `${turns} turns`)
})
