/**
 * Tokens that mean nothing by themselves: personal access tokens, refresh tokens, device codes. They
 * read `<prefix>_<kind>_<secret><checksum>`, so that scanners find one that was committed or pasted,
 * and a mistyped one is refused without a look at the database.
 *
 * The secret is 256 random bits as 43 characters of base62, the checksum CRC-32 of all before it as
 * 6. What is stored is the SHA-256 of the whole text (ASVS 11.4.2 asks for no slow hash of what
 * cannot be guessed). The checksum stops nobody: it is a spelling check, not a seal.
 */
import { crc32 } from 'node:zlib'
import { type Random, sha256Hex, systemRandom } from '../../core/bytes.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const secretBytes = 32
/** 62^43 is the first power beyond 2^256, 62^6 the first beyond 2^32. */
const secretLength = 43
const checksumLength = 6
const bodyLength = secretLength + checksumLength

const prefixShape = /^[a-z][a-z0-9]{1,19}$/
const kindShape = /^[a-z]{2,8}$/
const longestText = 20 + 1 + 8 + 1 + bodyLength

export type OpaqueToken = {
  /** Shown once. Secret. */
  readonly text: string
  /** What is stored. */
  readonly hash: string
}

/** Makes a token. Throws a `RangeError` for a prefix or kind that `parseOpaqueToken` would refuse. */
export function createOpaqueToken(
  { prefix, kind }: { readonly prefix: string; readonly kind: string },
  random: Random = systemRandom,
): OpaqueToken {
  if (!prefixShape.test(prefix)) throw new RangeError('opaque token: prefix')
  if (!kindShape.test(kind)) throw new RangeError('opaque token: kind')
  const secret = base62(BigInt(`0x${random(secretBytes).toString('hex')}`), secretLength)
  const text = withChecksum(`${prefix}_${kind}_${secret}`)
  return { text, hash: hashOf(text) }
}

export type ParsedToken = { readonly kind: string; readonly hash: string }

/** Reads a token of this prefix by its shape and checksum; anything else is undefined. */
export function parseOpaqueToken(text: string, prefix: string): ParsedToken | undefined {
  if (text.length > longestText || !text.startsWith(`${prefix}_`)) return undefined
  const [kind = '', body = '', ...rest] = text.slice(prefix.length + 1).split('_')
  if (rest.length > 0 || body.length !== bodyLength || !kindShape.test(kind)) return undefined
  if (!/^[0-9A-Za-z]+$/.test(body)) return undefined
  if (withChecksum(text.slice(0, -checksumLength)) !== text) return undefined
  return { kind, hash: hashOf(text) }
}

/** SHA-256 in hexadecimal: what a token is stored and found by. */
export function hashOf(text: string): string {
  return sha256Hex(text)
}

function withChecksum(text: string): string {
  return text + base62(BigInt(crc32(text)), checksumLength)
}

function base62(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest /= 62n) {
    text = alphabet.charAt(Number(rest % 62n)) + text
  }
  return text
}
