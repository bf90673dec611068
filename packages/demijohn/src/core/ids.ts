import { type Random, systemRandom } from './bytes.ts'

declare const brand: unique symbol

/** A UUID version 7 (RFC 9562 section 5.7) in its lower-case form. Not a secret. */
export type Id = string & { readonly [brand]: 'Id' }

const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Reads a UUIDv7 in lower case; anything else is undefined. */
export function parseId(text: string): Id | undefined {
  return isId(text) ? text : undefined
}

export function isId(text: string): text is Id {
  return shape.test(text)
}

/** Makes a UUIDv7 for a moment in UTC milliseconds. */
export function createId(nowMilliseconds: number, random: Random = systemRandom): Id {
  // A NaN would be written as 1970; what is out of range throws by itself.
  if (!Number.isInteger(nowMilliseconds)) throw new RangeError('createId: the time is no integer')
  const bytes = random(16)
  bytes.writeUIntBE(nowMilliseconds, 0, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  const text = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  const id = parseId(text)
  if (id === undefined) throw new RangeError('createId: the time is outside of what a UUIDv7 holds')
  return id
}
