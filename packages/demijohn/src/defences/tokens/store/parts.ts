/** What the operations of the token store share. */

import type { Kysely, Transaction } from 'kysely'
import type { Random } from '../../../core/bytes.ts'
import type { Clock } from '../../../core/clock.ts'
import type { RevocableCache } from '../../../core/revocations.ts'
import type { RevisedStore } from '../../../data/revision.ts'
import type { DemijohnTables } from '../../../data/tables.ts'
import type { TokenOptions } from '../options.ts'
import type { TokenPrincipal } from '../principal.ts'
import type { SigningKeys } from './keys.ts'

export type Database = Kysely<DemijohnTables>

/** A principal as it is cached. */
export type Cached = TokenPrincipal & {
  readonly familyId: string | null
  readonly sort: 'token'
  /** From when on the use has to be written down before the next answer; never where it is not. */
  readonly touchDueAt: number
}

/** Tells the owner of a copy, in the transaction that ends the family: once, and never without. */
export type Alarm = (
  transaction: Transaction<DemijohnTables>,
  facts: { readonly accountId: string; readonly clientId: string },
) => Promise<void>

/** A token of another issuer, judged; null: not one of theirs that counts. */
export type OutsideReader = (token: string, now: number) => Promise<OutsidePrincipal | null>

export type OutsidePrincipal = Omit<TokenPrincipal, 'id' | 'kind'> & {
  /** When it has to be verified anew, UTC milliseconds. */
  readonly rememberUntil: number
}

export type TokenParts = {
  readonly db: Database
  readonly clock: Clock
  readonly random: Random
  readonly revised: RevisedStore
  readonly cache: RevocableCache<Cached>
  readonly keys: SigningKeys
  readonly options: TokenOptions
  /** `https://press.example`: what tokens name as their issuer and audience. */
  readonly issuer: string
  readonly audience: string
  /** Keys that user codes are hashed under: the first makes, all find. */
  readonly codeKeys: readonly Buffer[]
  /** The roles that nobody may use without a second factor. */
  readonly secondFactorRoles: ReadonlySet<string>
  readonly alarm: Alarm | undefined
  readonly outside: readonly OutsideReader[]
}

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

export function splitScopes(stored: string): readonly string[] {
  return stored === '' ? [] : stored.split(' ')
}
