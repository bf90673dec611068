import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { createPrints, saltMilliseconds } from './prints.ts'

test('prints: the same password gives the same print within the hour, and another one after it', () => {
  const prints = createPrints()
  const passwords = Array.from({ length: 40 }, (_, n) => `password ${n}`)
  const early = passwords.map((one) => prints.password(one, 0))
  assert.deepEqual(
    passwords.map((one) => prints.password(one, saltMilliseconds - 1)),
    early,
  )
  const late = passwords.map((one) => prints.password(one, saltMilliseconds))
  // Equal by chance once in 16 million for each.
  assert.ok(late.filter((print, at) => print === early[at]).length <= 1)
})

test('prints: a clock that is set back draws a new salt', () => {
  const prints = createPrints()
  const before = Array.from({ length: 9 }, (_, n) => prints.password(`p${n}`, 5_000))
  const after = Array.from({ length: 9 }, (_, n) => prints.password(`p${n}`, 4_000))
  assert.notDeepEqual(after, before)
})

test('prints: two sites, or two starts, give one password different prints', () => {
  const of = () => Array.from({ length: 9 }, (_, n) => createPrints().password(`p${n}`, 0))
  assert.notDeepEqual(of(), of())
})

test('prints: 24 bits of a password, 48 of an account: HMAC-SHA-256 under drawn keys', () => {
  // The bytes drawn are 1s for the seed, 2s for accounts, 3s for passwords.
  let draws = 0
  const prints = createPrints((length) => {
    draws += 1
    return Buffer.alloc(length, draws)
  })
  const under = (byte: number, text: string) =>
    createHmac('sha256', Buffer.alloc(32, byte)).update(text).digest()
  assert.equal(prints.account('ann@example'), under(2, 'ann@example').readUIntLE(0, 6))
  for (let n = 0; n < 500; n += 1) {
    const print = prints.password(`p${n}`, 0)
    assert.equal(print, under(3, `p${n}`).readUIntLE(0, 3))
    assert.ok(print < 2 ** 24)
  }
})

test('prints: paths spread over all residues, whatever they have in common', () => {
  const prints = createPrints()
  const places = new Set<number>()
  for (let page = 0; page < 4_096; page += 1) places.add(prints.target(`/posts/${page}`) % 4_096)
  // Of 4,096 balls in 4,096 bins about 63 % of the bins get one.
  assert.ok(places.size > 2_450 && places.size < 2_750, String(places.size))
})
