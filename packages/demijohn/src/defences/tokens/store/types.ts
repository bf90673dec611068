/** What the store of tokens is to the rest of the library. Times are UTC milliseconds. */

import type { Transaction } from 'kysely'
import type { DemijohnTables } from '../../../data/tables.ts'
import type { TokenReader } from '../principal.ts'
import type { Proofs } from './proofs.ts'

/** A write of the caller's that stands or falls with the store's own, in one transaction. */
export type Alongside = (transaction: Transaction<DemijohnTables>) => Promise<unknown>

/** A line in a person's list of apps. */
export type AppSummary = {
  readonly id: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  readonly lastUsedAt: number
  readonly lastNetwork: string
  readonly expiresAt: number
  readonly isBound: boolean
}

/** A line in a person's list of personal tokens. */
export type PersonalSummary = {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  /** To the hour; null: not yet. */
  readonly lastUsedAt: number | null
  readonly expiresAt: number
}

export type TokensOf = {
  readonly apps: readonly AppSummary[]
  readonly personal: readonly PersonalSummary[]
}

/** Who asks, by the session that they ask in: it has to live still when the write is made. */
export type Asker = { readonly accountId: string; readonly sessionId: string | null }

export type PersonalStart = Asker & {
  readonly name: string
  readonly scopes: readonly string[]
  readonly days: number
}

export type MadePersonal =
  /** `text` is shown once, and kept nowhere. */
  | {
      readonly kind: 'made'
      readonly id: string
      readonly text: string
      readonly expiresAt: number
    }
  /** The account has as many as it may. */
  | { readonly kind: 'full' }
  /** One of that name is there, as when the page is sent a second time. */
  | { readonly kind: 'taken' }
  /** The session has ended meanwhile, or the account is suspended. */
  | { readonly kind: 'gone' }

/** What a device gets that asks to be let in (RFC 8628 section 3.2). */
export type BegunGrant = {
  readonly deviceCode: string
  /** `BCDF-GHJK`. */
  readonly userCode: string
  readonly expiresInSeconds: number
  readonly intervalSeconds: number
}

/** What a person is shown before they decide. */
export type PendingGrant = {
  readonly id: string
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Where the device asked from: an IPv4 address or an IPv6 /64. */
  readonly network: string
  readonly createdAt: number
  readonly expiresAt: number
}

/** RFC 6749 section 5.1. */
export type IssuedTokens = {
  readonly kind: 'issued'
  readonly accountId: string
  readonly familyId: string
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresInSeconds: number
  readonly scopes: readonly string[]
  readonly isBound: boolean
}

/** RFC 6749 section 5.2 and RFC 8628 section 3.5. */
export type GrantProblem =
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_dpop_proof'
  | 'authorization_pending'
  | 'slow_down'
  | 'access_denied'
  | 'expired_token'

export type Refused = { readonly kind: 'refused'; readonly error: GrantProblem }
/** A one-time token came twice; its family is ended now. */
export type Replayed = {
  readonly kind: 'replayed'
  readonly accountId: string
  readonly familyId: string
}
export type TokenAnswer = IssuedTokens | Refused | Replayed

export type Redeeming = {
  /** The device code or refresh token. */
  readonly token: string
  readonly clientId: string
  /** Thumbprint of the key that a proof came with; undefined where none came. */
  readonly boundTo: string | undefined
  readonly network: string
}

/** What a page may read of tokens. Ask for the person's own. */
export type TokensReader = Pick<TokenControl, 'listOf' | 'pendingGrant'>

/** What handlers may do with tokens, beside reading. */
export type TokenControl = {
  /** What tokens name as their issuer and audience: the site's own origin. */
  readonly issuer: string
  readonly listOf: (accountId: string) => Promise<TokensOf>
  readonly makePersonal: (start: PersonalStart, alongside?: Alongside) => Promise<MadePersonal>
  /** False: the account has no such live token. */
  readonly revokePersonal: (accountId: string, id: string) => Promise<boolean>
  /** False: the account has no such live app. */
  readonly revokeApp: (accountId: string, familyId: string) => Promise<boolean>
  /** Ends every app and personal token of an account, and says how many. */
  readonly revokeAllOf: (accountId: string) => Promise<number>
  /** The key that a request for tokens proves to hold (RFC 9449 section 5). */
  readonly provenKey: Proofs['provenKey']
  /** Null: there are as many that wait as may. */
  readonly beginGrant: (facts: {
    readonly clientId: string
    readonly scopes: readonly string[]
    readonly boundTo: string | undefined
    readonly network: string
  }) => Promise<BegunGrant | null>
  /** The grant of a user code, which from now on is this person's alone to decide; else null. */
  readonly claimGrant: (userCode: string, accountId: string) => Promise<PendingGrant | null>
  /** The grant that this person has claimed and not decided; else null. */
  readonly pendingGrant: (id: string, accountId: string) => Promise<PendingGrant | null>
  /** True for the one decision that counts. */
  readonly decideGrant: (
    facts: Asker & {
      readonly id: string
      readonly decision: 'approved' | 'denied'
      /** What of it the person gives; all that was asked for when left out. */
      readonly scopes?: readonly string[]
    },
    alongside?: Alongside,
  ) => Promise<boolean>
  readonly redeemGrant: (facts: Redeeming) => Promise<TokenAnswer>
  readonly refresh: (
    facts: Redeeming & { readonly scopes: readonly string[] | undefined },
  ) => Promise<TokenAnswer>
  /** RFC 7009: whatever kind it is. Says whose it was; null: nobody's that lives. */
  readonly revokeToken: (
    token: string,
    clientId: string | undefined,
  ) => Promise<{ readonly accountId: string; readonly tokenId: string } | null>
  /** RFC 7517 section 5: public keys alone. */
  readonly keySet: () => Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>
}

export type TokenStore = TokenControl & {
  readonly read: TokenReader
  /** Makes the first signing key where there is none, so that no request has to. */
  readonly prepare: () => Promise<void>
  /** Deletes the rows of what is over, and says how many. */
  readonly sweep: () => Promise<number>
}
