import { hkdfSync } from 'node:crypto'
import { inspect } from 'node:util'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { weaknessOf } from './weakness.ts'

/**
 * The application's keys, and from them one key for each purpose, so that what is made for one
 * purpose means nothing for another (HKDF, RFC 5869; ASVS 11.2.2 and 13.3.4: keys can be replaced).
 *
 * The first key signs, all of them verify: put a new one in front, and take the old one out when
 * nothing made with it is in use any longer. The keys never leave in text: not by JSON, not by
 * `console.log`, not in an error. Does not protect them from code in the same process.
 */

const keyBytes = 32
const mostKeys = 16

export class Keyring {
  readonly #keys: readonly Buffer[]
  readonly #derived = new Map<string, readonly Buffer[]>()

  constructor(keys: readonly Buffer[]) {
    this.#keys = keys
  }

  /**
   * Keys of 32 bytes for one purpose, such as `csrf`: the first signs, all verify. Derived once and
   * kept, so purposes are constants of the code, never taken from a request.
   */
  subkeys(purpose: string): readonly Buffer[] {
    const known = this.#derived.get(purpose)
    if (known !== undefined) return known
    if (purpose === '') throw new RangeError('Keyring: a purpose needs a name')
    const derived = Object.freeze(
      this.#keys.map((key) =>
        deriveKey({ key, salt: 'demijohn keyring 1', info: purpose, bytes: keyBytes }),
      ),
    )
    this.#derived.set(purpose, derived)
    return derived
  }

  get size(): number {
    return this.#keys.length
  }

  toString(): string {
    return `[keyring: ${this.size} redacted]`
  }

  toJSON(): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

/** HKDF with SHA-256 (RFC 5869): extract, then expand. */
export function deriveKey(parts: {
  readonly key: Uint8Array
  readonly salt: string | Uint8Array
  readonly info: string | Uint8Array
  readonly bytes: number
}): Buffer {
  return Buffer.from(hkdfSync('sha256', parts.key, parts.salt, parts.info, parts.bytes))
}

/**
 * Reads keys of 32 bytes in base64url, newest first, separated by commas or white space.
 * Throws `Misconfiguration` naming each bad one by its place, never by its value.
 */
export function parseKeyring(text: string): Keyring {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '')
  const problems: string[] = []
  if (parts.length === 0) problems.push(`The keyring is empty. ${howToMake}`)
  if (parts.length > mostKeys) {
    problems.push(`The keyring has ${parts.length} keys. Take out old ones; ${mostKeys} at most.`)
  }
  const keys: Buffer[] = []
  for (const [at, part] of parts.slice(0, mostKeys).entries()) {
    const key = Buffer.from(part, 'base64url')
    const wrong = wrongWith(part, key) ?? (isAmong(keys, key) ? 'stands there twice' : undefined)
    if (wrong === undefined) keys.push(key)
    else problems.push(`Key ${at + 1} of the keyring ${wrong}. ${howToMake}`)
  }
  if (problems.length > 0) throw new Misconfiguration(problems)
  return new Keyring(keys)
}

const howToMake = `Make one with: openssl rand ${keyBytes} | basenc --base64url -w0 | tr -d =`

function wrongWith(text: string, key: Buffer): string | undefined {
  // Encoded again it has to be the same, so that one key has one spelling.
  if (key.length !== keyBytes || key.toString('base64url') !== text) {
    return `is not ${keyBytes} bytes in base64url without padding`
  }
  return weaknessOf(text, keyBytes)
}

function isAmong(keys: readonly Buffer[], key: Buffer): boolean {
  return keys.some((other) => other.equals(key))
}
