/**
 * Passwords from elsewhere: hashes of other systems, recognised by their stored text.
 *
 * Stops a stored string that demands unbounded work, a string that several readers would take, and
 * a password that the origin would not have taken. What cannot be read is nobody's password.
 *
 * What it gives away: until its first sign-in an imported account costs what its old hash costs,
 * and not what an unknown account does. Whoever measures can tell that it exists, that it has not
 * been here since the import, and roughly how its hash was made; for no longer than that, and at
 * no more tries than the limits allow. A dummy hash behind a failed try would not hide it, since
 * the old hash's time would stay on top, and would double what a flood can ask for: there is none.
 *
 * Two formats cannot be told from others by their text. They carry a mark of ours, put on at
 * import: `flask-bcrypt-sha256:` (BCRYPT_HANDLE_LONG_PASSWORDS) and `flask-security:` (its double
 * hash). Guessing instead would let a stolen SHA-256 of a password sign in as the password.
 */

import { createHmac } from 'node:crypto'
import { readArgon2 } from './argon2.ts'
import { readBcrypt } from './bcrypt.ts'
import { type ImportedPasswords, nothingImported } from './options.ts'
import { readPbkdf2 } from './pbkdf2.ts'
import {
  type ForeignFormat,
  type ForeignHash,
  isAccepted,
  type Reader,
  type Reading,
  reasons,
} from './reading.ts'
import { readRefused } from './refused.ts'
import { readScrypt } from './scrypt.ts'

/** A mark, a name, three numbers, and twice 64 bytes in hexadecimal. */
const maxStoredLength = 512

const readers: readonly Reader[] = [readArgon2, readBcrypt, readPbkdf2, readScrypt, readRefused]

const flaskSecurityMark = 'flask-security:'
/** What Flask-Security hashes twice; Django's formats it hashes once. */
const hashedTwice: ReadonlySet<ForeignFormat> = new Set(['argon2', 'bcrypt', 'passlib-pbkdf2'])

const unknown: Reading = Object.freeze({
  format: 'unknown',
  reason: 'No format that is known here is spelled like this.',
})

function read(text: string, { flaskSecuritySalts }: ImportedPasswords): Reading {
  if (text.length > maxStoredLength) return unknown
  if (text.startsWith(flaskSecurityMark)) {
    return readFlaskSecurity(text.slice(flaskSecurityMark.length), flaskSecuritySalts)
  }
  return readPlain(text)
}

function readPlain(text: string): Reading {
  for (const reader of readers) {
    const reading = reader(text)
    if (reading !== undefined) return reading
  }
  return unknown
}

/** HMAC-SHA-512 of the password under the site's salt, in base64, is what passlib then hashed. */
function readFlaskSecurity(text: string, salts: readonly Buffer[]): Reading {
  const format = 'flask-security'
  const inner = readPlain(text)
  if (!hashedTwice.has(inner.format)) return { format, reason: reasons.malformed }
  if (!isAccepted(inner)) return { format, reason: inner.reason }
  if (salts.length === 0) {
    return { format, reason: 'Its salt is missing: set passwords.imported.flaskSecuritySalts.' }
  }
  const verify = async (password: string): Promise<boolean> => {
    for (const salt of salts) {
      const keyed = createHmac('sha512', salt).update(password).digest('base64')
      if (await inner.verify(keyed)) return true
    }
    return false
  }
  return { ...inner, format, verify }
}

export type ForeignDescription =
  | { readonly format: ForeignFormat; readonly accepted: true }
  | { readonly format: ForeignFormat; readonly accepted: false; readonly reason: string }

/** What would become of a stored hash. The reason quotes nothing of it. */
export function describeForeignHash(
  text: string,
  imported: ImportedPasswords = nothingImported,
): ForeignDescription {
  const reading = read(text, imported)
  const { format } = reading
  if (isAccepted(reading)) return { format, accepted: true }
  return { format, accepted: false, reason: reading.reason }
}

/** Reads a hash of another system; undefined when it is nobody's password. */
export function parseForeignHash(
  text: string,
  imported: ImportedPasswords = nothingImported,
): ForeignHash | undefined {
  const reading = read(text, imported)
  return isAccepted(reading) ? reading : undefined
}

/**
 * Whether a password is that of a hash. `normal` is its NFKC; undefined when it is too long or
 * malformed, which costs as much as a wrong one.
 *
 * The origin hashed what was typed there, as it came: so that is tried first. NFKC is the form of
 * everything here, and stands for another keyboard. NFKD is what Flask-Security makes of every
 * password. Most passwords are one and the same in all three. The empty password is never right:
 * sites have stored its hash for accounts that were to have none.
 */
export async function matchesForeignHash(
  known: ForeignHash,
  typed: string,
  normal: string | undefined,
): Promise<boolean> {
  if (normal === undefined || normal === '') {
    await known.verify('')
    return false
  }
  for (const spelling of new Set([typed, normal, typed.normalize('NFKD')])) {
    if (await known.verify(spelling)) return true
  }
  return false
}
