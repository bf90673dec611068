/**
 * The hash of a row, marked where the site could not tell it from another.
 *
 * `flask-security:` and `flask-bcrypt-sha256:` are the marks of foreign/read.ts. A plain
 * `$argon2id$` is written as Django writes it, so that it is never taken for one of ours, whose
 * passwords are in NFKC; the first sign-in makes either anew.
 */
import type { ImportedPasswords } from '../../defences/passwords/foreign/options.ts'
import { describeForeignHash } from '../../defences/passwords/foreign/read.ts'

/** How the system that people come from hashed, where its hashes do not say so. */
export const marks = ['flask-security', 'flask-bcrypt-sha256'] as const
export type Mark = (typeof marks)[number]

/** What each system hashed in its own way; its other hashes are what they look like. */
const marked: Readonly<Record<Mark, ReadonlySet<string>>> = {
  'flask-security': new Set(['argon2', 'bcrypt', 'passlib-pbkdf2']),
  'flask-bcrypt-sha256': new Set(['bcrypt']),
}

export type ReadHash = { readonly stored: string | null; readonly format: string }

type Judging = { readonly imported: ImportedPasswords; readonly mark: Mark | undefined }

export function readHash(
  cell: string | undefined,
  { imported, mark }: Judging,
): { readonly value: ReadHash } | { readonly message: string } {
  if (cell === undefined) return { value: { stored: null, format: 'none' } }
  const isMarked =
    mark !== undefined && marked[mark].has(describeForeignHash(cell, imported).format)
  const text = isMarked ? `${mark}:${cell}` : cell
  const stored = text.startsWith('$argon2id$') ? `argon2${text}` : text
  const description = describeForeignHash(stored, imported)
  const { format } = description
  if (description.accepted) return { value: { stored, format } }
  if (format === 'unknown') return { message: notAHash }
  if (format === 'flask-security' && imported.flaskSecuritySalts.length === 0) {
    return { message: saltMissing }
  }
  return { message: description.reason }
}

const notAHash =
  'This is no hash of a known kind. If it is the password itself, delete the file, leave the column empty, and send people links.'
const saltMissing =
  'Set FLASK_SECURITY_SALT_FILE to a file with SECURITY_PASSWORD_SALT of the old site.'
