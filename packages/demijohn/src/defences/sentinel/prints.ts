/**
 * Keyed hashes of what detectors tell apart: accounts, passwords, paths.
 *
 * To see one password tried on many accounts, tries have to be compared, and a password must not be
 * kept. So a failed password becomes 24 bits of HMAC-SHA-256 under a salt that is drawn at start,
 * stays in this process's memory, and is replaced every hour: older prints match nothing after that.
 * Passwords that were right are never hashed here. Prints are not logged, not stored, and no part of
 * a ban's evidence.
 *
 * What it gives away: nothing without the salt. A dump of this process's memory holds the salt and
 * the prints that were made under it in the last hour at most: 24 bits about each failed password.
 * Whoever has it can try guesses offline. Of a list of 16 million one fits by chance, so a rare
 * password cannot be confirmed, and a very common one can be guessed with good odds. Such a dump also
 * holds the passwords that are being checked at that moment in clear.
 */
import { createHmac } from 'node:crypto'
import { type Random, systemRandom } from '../../core/bytes.ts'
import type { Print } from './signals.ts'

export type Prints = {
  /** Of an address in the form by which two spellings are one. 48 bits. */
  readonly account: (emailKey: string) => Print
  /** Of a password that was wrong. 24 bits, different after each change of the salt. */
  readonly password: (password: string, now: number) => Print
  /** Of a path or an object's id: nothing secret, so this is fast and not cryptographic. 32 bits. */
  readonly target: (path: string) => Print
}

/** How long a salt lives. Longer would see slower spraying, and give more away. */
export const saltMilliseconds = 3_600_000

export function createPrints(random: Random = systemRandom): Prints {
  const seed = random(4).readUInt32LE()
  const accountKey = Buffer.from(random(32))
  let salt = Buffer.from(random(32))
  let drawnAt: number | undefined

  function saltAt(now: number): Buffer {
    drawnAt ??= now
    // A clock that was set back ends the hour, too: no salt lives longer than one.
    if (now < drawnAt || now - drawnAt >= saltMilliseconds) {
      salt.fill(0)
      salt = Buffer.from(random(32))
      drawnAt = now
    }
    return salt
  }

  return {
    account: (emailKey) =>
      createHmac('sha256', accountKey).update(emailKey).digest().readUIntLE(0, 6),
    password: (password, now) =>
      createHmac('sha256', saltAt(now)).update(password).digest().readUIntLE(0, 3),
    target: (path) => fowlerNollVo(seed, path),
  }
}

/** FNV-1a over UTF-16 units from a start that nobody outside knows. */
function fowlerNollVo(seed: number, text: string): Print {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  const length = Math.min(text.length, 512)
  for (let at = 0; at < length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  }
  // Upper bits into the lower ones, which the map of pages is addressed by.
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}
