/**
 * Formats that are known and not taken: the reasons stand here, for whoever imports.
 *
 * A hash of one round is little better than the password, and taking it would need more code that
 * computes such hashes: its owner is sent a link to choose another password.
 */

import type { ForeignFormat, Reader } from './reading.ts'

type Row = {
  readonly format: ForeignFormat
  readonly begins: RegExp
  readonly reason: string
}

const rows: readonly Row[] = [
  {
    format: 'django-unusable',
    begins: /^!/,
    reason: 'This account has no password in Django: import it without one.',
  },
  {
    format: 'plain-text',
    begins: /^plain\$/,
    reason: 'This is the password itself. Delete it, and send its owner a link.',
  },
  {
    format: 'fast-hash',
    begins: /^(?:md5|sha1|sha224|sha256|sha384|sha512|unsalted_md5|unsalted_sha1)\$/,
    reason: 'One round of a fast hash is guessed by the billion. Send its owner a link.',
  },
  {
    format: 'fast-hash',
    begins: /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/,
    reason: 'One round of a fast hash is guessed by the billion. Send its owner a link.',
  },
  {
    format: 'unix-crypt',
    begins: /^\$(?:1|5|6|7|y|apr1|md5|sha1)\$/,
    reason: 'Hashes of crypt(3) are not taken. Send its owner a link.',
  },
]

export const readRefused: Reader = (text) => {
  const row = rows.find(({ begins }) => begins.test(text))
  return row && { format: row.format, reason: row.reason }
}
