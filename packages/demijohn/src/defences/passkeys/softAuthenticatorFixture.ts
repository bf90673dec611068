/**
 * An authenticator and a browser in one, for tests: makes answers from named parts, each of which
 * a test can spoil before it is signed. The encoder of CBOR is written apart from the decoder.
 */
import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'
import type { CborKey, CborValue } from './cbor.ts'

export type AlgorithmName = 'ES256' | 'EdDSA' | 'RS256'
export const algorithmNames = ['ES256', 'EdDSA', 'RS256'] as const

/** RFC 8949 with shortest lengths; maps in the order in which they were made. */
export function encodeCbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    return Buffer.concat([head(3, bytes.length), bytes])
  }
  if (typeof value === 'boolean') return Buffer.of(value ? 0xf5 : 0xf4)
  if (value === null) return Buffer.of(0xf6)
  if (value instanceof Map) {
    const parts = [...value].flatMap(([key, item]) => [encodeCbor(key), encodeCbor(item)])
    return Buffer.concat([head(5, value.size), ...parts])
  }
  const items: readonly CborValue[] = [...value.values()].map((item) => item)
  return Buffer.concat([head(4, items.length), ...items.map(encodeCbor)])
}

function head(major: number, argument: number): Buffer {
  const width = argument < 24 ? 0 : argument < 256 ? 1 : argument < 65_536 ? 2 : 4
  const first = (major << 5) | (width === 0 ? argument : { 1: 24, 2: 25, 4: 26 }[width])
  const rest = Buffer.alloc(width)
  if (width > 0) rest.writeUIntBE(argument, 0, width)
  return Buffer.concat([Buffer.of(first), rest])
}

export type Key = {
  readonly name: AlgorithmName
  readonly privateKey: KeyObject
  readonly cose: ReadonlyMap<number, number | Uint8Array>
}

export function makeKey(name: AlgorithmName): Key {
  const { privateKey, publicKey } = pairOf(name)
  const jwk = publicKey.export({ format: 'jwk' })
  const part = (member: 'x' | 'y' | 'n' | 'e') => Buffer.from(jwk[member] ?? '', 'base64url')
  const cose: Record<AlgorithmName, () => readonly (readonly [number, number | Uint8Array])[]> = {
    ES256: () => [
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, part('x')],
      [-3, part('y')],
    ],
    EdDSA: () => [
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, part('x')],
    ],
    RS256: () => [
      [1, 3],
      [3, -257],
      [-1, part('n')],
      [-2, part('e')],
    ],
  }
  return { name, privateKey, cose: new Map(cose[name]()) }
}

function pairOf(name: AlgorithmName) {
  if (name === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (name === 'EdDSA') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

export type DataParts = {
  readonly rpId: string
  readonly flags: number
  readonly signCount: number
  readonly credential?: { readonly id: Uint8Array; readonly key: Uint8Array }
  readonly extensions?: CborValue
  readonly trailing?: Uint8Array
}

export function authenticatorData(parts: DataParts): Buffer {
  const { rpId, flags, signCount, credential, extensions, trailing } = parts
  const count = Buffer.alloc(4)
  count.writeUInt32BE(signCount)
  const pieces: Uint8Array[] = [hash('sha256', rpId, 'buffer'), Buffer.of(flags), count]
  if (credential !== undefined) {
    const length = Buffer.alloc(2)
    length.writeUInt16BE(credential.id.length)
    pieces.push(Buffer.alloc(16, 7), length, credential.id, credential.key)
  }
  if (extensions !== undefined) pieces.push(encodeCbor(extensions))
  if (trailing !== undefined) pieces.push(trailing)
  return Buffer.concat(pieces)
}

export type ClientMembers = Readonly<Record<string, unknown>>

export function clientData(members: ClientMembers): Buffer {
  return Buffer.from(JSON.stringify(members))
}

export function signWith(key: Key, data: Uint8Array, client: Uint8Array): Buffer {
  const signed = Buffer.concat([data, hash('sha256', client, 'buffer')])
  return sign(key.name === 'EdDSA' ? null : 'sha256', signed, key.privateKey)
}

export function attestationObject(
  data: Uint8Array,
  format = 'none',
  statement: CborValue = new Map<CborKey, CborValue>(),
): Buffer {
  return encodeCbor(
    new Map<CborKey, CborValue>([
      ['fmt', format],
      ['attStmt', statement],
      ['authData', data],
    ]),
  )
}
