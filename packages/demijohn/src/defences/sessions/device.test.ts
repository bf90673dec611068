import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { createDevices } from './device.ts'

const key = (byte: number) => Buffer.alloc(32, byte)
const devices = createDevices([key(1)])

test('device: what was made is read back, and no two are one', () => {
  const one = devices.make()
  const other = devices.make()
  assert.equal(devices.idOf(one.value), one.id)
  assert.match(one.id, /^[0-9a-f]{64}$/)
  assert.notEqual(one.id, other.id)
  // RFC 2104, computed apart.
  const [secret = '', proof] = one.value.split('.')
  assert.equal(Buffer.from(secret, 'base64url').length, 32)
  assert.equal(proof, createHmac('sha256', key(1)).update(`device:${secret}`).digest('base64url'))
})

test('device: whatever we have not made is none, at every character', () => {
  const { value } = devices.make()
  const changed = [...value].map((character, at) => {
    const instead = character === 'A' ? 'B' : 'A'
    return value.slice(0, at) + instead + value.slice(at + 1)
  })
  const [secret = '', proof = ''] = value.split('.')
  const elsewhere = createDevices([key(2)]).make().value
  const wrong = [
    ...changed,
    ...[undefined, '', '.', secret, `${secret}.`, `.${proof}`, `${proof}.${secret}`],
    ...[`${value}.`, `${value}.${proof}`, `${value}=`, ` ${value}`, `"${value}"`],
    ...[`${secret}.${'A'.repeat(43)}`, `${secret}.${proof.slice(1)}`, elsewhere],
  ]
  for (const one of wrong) assert.equal(devices.idOf(one), null, String(one))
})

test('device: a key that was replaced is believed until it leaves the ring, and makes none', () => {
  const { value, id } = devices.make()
  const later = createDevices([key(3), key(1)])
  assert.equal(later.idOf(value), id)
  assert.equal(devices.idOf(later.make().value), null)
  assert.equal(createDevices([key(3)]).idOf(value), null)
  assert.throws(() => createDevices([]), TypeError)
})
