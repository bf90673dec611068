/**
 * Makes and checks password hashes at a bounded rate.
 *
 * Stops account names from leaking by time (ASVS 6.3.8; CVE-2025-22234): an account that does not
 * exist, has no password, or is sent one that is too long costs the same hash as a wrong password.
 * Stops passwords from being taken for one another that share their first 72 bytes
 * (CVE-2025-22228). Does not limit guesses for an account. An account whose hash comes from another
 * system, or was made under other parameters, has another cost until it signs in: foreign/read.ts
 * says what that gives away.
 */

import { constantTimeEqual, type Random, systemRandom } from '../../core/bytes.ts'
import type { Refusal } from '../../core/refusals.ts'
import { type ImportedPasswords, nothingImported } from './foreign/options.ts'
import { matchesForeignHash, parseForeignHash } from './foreign/read.ts'
import { createGate } from './gate.ts'
import {
  type Argon2Cost,
  computeTag,
  formatStoredHash,
  parseStoredHash,
  type StoredHash,
  saltBytes,
  tagBytes,
} from './hash.ts'
import { normalisePassword } from './normalise.ts'
import type { PasswordOptions } from './options.ts'

/** How many bcrypt hashes may wait for the one that is computed: a quarter of a second each. */
export const ownThreadWaiting = 8

export type PasswordVerdict = {
  readonly ok: boolean
  /** The password was right, and its hash should be made anew under today's parameters. */
  readonly needsUpgrade: boolean
}

export type PasswordHasher = {
  /**
   * A PHC string to store. A refusal (`server.busy`) when too many are waiting.
   * @throws RangeError for a password that `checkNewPassword` calls too long or malformed.
   */
  readonly hashPassword: (password: string) => Promise<string | Refusal>
  /**
   * Compares a password with what is stored; null stands for an account that does not exist or has
   * no password. A stored string that cannot be read is nobody's password. A hash of another
   * system, or of other parameters, asks for an upgrade.
   */
  readonly verifyPassword: (
    stored: string | null,
    password: string,
  ) => Promise<PasswordVerdict | Refusal>
  /**
   * The refusal that a hash would get now, or undefined: ask it before a try is counted, so that
   * what a flood is refused costs neither a read nor a write. A quarter of the queue is kept for
   * those who are `known`, by their browser or their session: strangers never fill it.
   */
  readonly busyFor: (who: 'known' | 'stranger') => Refusal | undefined
}

const right: PasswordVerdict = Object.freeze({ ok: true, needsUpgrade: false })
const rightOnce: PasswordVerdict = Object.freeze({ ok: true, needsUpgrade: true })
const wrong: PasswordVerdict = Object.freeze({ ok: false, needsUpgrade: false })

export function createPasswordHasher(deps: {
  readonly options: PasswordOptions
  readonly random?: Random
  /** What hashes of other systems need besides themselves; see `importedPasswords`. */
  readonly imported?: ImportedPasswords
}): PasswordHasher {
  const { options, random = systemRandom, imported = nothingImported } = deps
  const gate = createGate(options.concurrentHashes, options.waitingHashes)
  const kept = Math.floor(options.waitingHashes / 4)
  // Of its own, so that guesses at people who came with bcrypt keep nobody else from signing in.
  const ownThreadGate = createGate(1, ownThreadWaiting)
  const { memoryKibibytes, passes, parallelism } = options
  const cost: Argon2Cost = Object.freeze({ memoryKibibytes, passes, parallelism })
  // Random, so that no password has this tag; it is compared with, and never believed besides.
  const dummy: StoredHash = { cost, salt: random(saltBytes), tag: random(tagBytes) }

  return Object.freeze({
    hashPassword: async (password: string) => {
      const normal = normalisePassword(password)
      if (normal === undefined) throw new RangeError('the password is too long or malformed')
      return gate.run(async () => {
        const salt = random(saltBytes)
        const tag = await computeTag(normal, { cost, salt, tagLength: tagBytes })
        return formatStoredHash({ cost, salt, tag })
      })
    },
    verifyPassword: (stored: string | null, password: string) => {
      const normal = normalisePassword(password)
      const own = stored === null ? undefined : parseToday(stored, cost)
      // Other parameters may mean another origin, which knew nothing of NFKC.
      const foreign =
        stored === null || own !== undefined ? undefined : parseForeignHash(stored, imported)
      if (foreign !== undefined) {
        const through = foreign.hasOwnThread === true ? ownThreadGate : gate
        return through.run(async () =>
          (await matchesForeignHash(foreign, password, normal)) ? rightOnce : wrong,
        )
      }
      return gate.run(async () => {
        const { tag, ...work } = own ?? dummy
        const computed = await computeTag(normal ?? '', { ...work, tagLength: tag.length })
        const same = constantTimeEqual(computed, tag)
        return same && own !== undefined && normal !== undefined ? right : wrong
      })
    },
    busyFor: (who) => gate.refusal(who === 'known' ? 0 : kept),
  } satisfies PasswordHasher)
}

/** Reads a hash of today's parameters; undefined for those that are cheaper or dearer. */
function parseToday(stored: string, today: Argon2Cost): StoredHash | undefined {
  const known = parseStoredHash(stored)
  if (known === undefined) return undefined
  const { cost, salt, tag } = known
  const isToday =
    cost.memoryKibibytes === today.memoryKibibytes &&
    cost.passes === today.passes &&
    cost.parallelism === today.parallelism &&
    salt.length >= saltBytes &&
    tag.length >= tagBytes
  return isToday ? known : undefined
}
