/**
 * Tokens of another issuer, for people who have an account here.
 *
 * Stops: a token of that issuer for another service (`aud`), one for a subject that the project does not
 * know, one whose account is suspended or gone, one for a role that demands a second factor where
 * nobody has said that the issuer asks for one, a wait for the issuer's keys because of a token that
 * does not even claim to be theirs. Verified once, then remembered for ten minutes at most, so that
 * a key which the issuer has withdrawn does not count for longer.
 *
 * Does not know what the issuer has revoked: their tokens end by their own `exp`, and with the account.
 */

import { Misconfiguration } from '../../../core/misconfiguration.ts'
import type { AsymmetricAlgorithm } from '../algorithms.ts'
import type { Claims } from '../claims.ts'
import { readJsonObject } from '../json.ts'
import { longestToken, parseCompact } from '../jws.ts'
import { verifyOutsideToken } from '../outsideToken.ts'
import type { RemoteKeys } from '../remoteKeys.ts'
import { readAccount } from './accounts.ts'
import { type Database, minute, type OutsideReader } from './parts.ts'

export type OutsideIssuer = {
  /** The `iss` of its tokens, exactly. */
  readonly issuer: string
  /** What its tokens name this site by in `aud`. */
  readonly audience: string
  /** Where its keys are: https, never told by a token. */
  readonly jwksUri: string
  readonly algorithms: readonly AsymmetricAlgorithm[]
  /** Whose tokens these are, by `iss` and `sub`: the id of an account here, or null for nobody's. */
  readonly accountOf: (claims: Claims, db: Database) => Promise<string | null>
  /** Permissions that a token gives; its `scope` when left out. */
  readonly scopesOf?: (claims: Claims) => Iterable<string>
  /** The `typ` of its access tokens; `at+jwt` when left out. Not that of its other tokens. */
  readonly typ?: string
  /** How far its clock may be from ours, at most 300; 30 when left out. */
  readonly toleranceSeconds?: number
  /** Says that it signs nobody in without one; else roles that demand one are not reached. */
  readonly secondFactor?: 'asked for by the issuer'
}

const rememberedMilliseconds = 10 * minute

/** Checks what can be checked without the issuer. Throws Misconfiguration. */
export function outsideIssuer(issuer: OutsideIssuer): OutsideIssuer {
  const { toleranceSeconds = 30, algorithms } = issuer
  const problems: string[] = []
  if (issuer.issuer === '' || issuer.audience === '') {
    problems.push('outsideIssuer: issuer and audience are compared exactly; give both')
  }
  if (algorithms.length === 0)
    problems.push('outsideIssuer: name the algorithms that it signs with')
  if (!Number.isSafeInteger(toleranceSeconds) || toleranceSeconds < 0 || toleranceSeconds > 300) {
    problems.push('outsideIssuer: toleranceSeconds must be a whole number from 0 to 300')
  }
  if (problems.length > 0) throw new Misconfiguration(problems)
  return Object.freeze({ ...issuer })
}

export function createOutsideReader(deps: {
  readonly issuer: OutsideIssuer
  readonly keys: RemoteKeys
  readonly db: Database
  readonly secondFactorRoles: ReadonlySet<string>
}): OutsideReader {
  const { issuer, keys, db, secondFactorRoles } = deps
  const { toleranceSeconds = 30, typ, accountOf, scopesOf, secondFactor } = issuer
  return async (token, now) => {
    if (claimedIssuer(token) !== issuer.issuer) return null
    const verified = await verifyOutsideToken(token, {
      ...{ issuer: issuer.issuer, audience: issuer.audience, now, toleranceSeconds, keys },
      ...(typ === undefined ? {} : { typ }),
    })
    if (!verified.ok) return null
    const { claims } = verified
    const accountId = await accountOf(claims, db)
    const account = accountId === null ? undefined : await readAccount(db, accountId)
    if (account === undefined) return null
    if (secondFactorRoles.has(account.role) && secondFactor === undefined) return null
    const { id, name, email, role } = account
    const scopes = new Set(scopesOf === undefined ? claims.scopes : scopesOf(claims))
    return {
      ...{
        tokenId: claims.tokenId ?? claims.subject,
        accountId: id,
        boundTo: claims.boundTo ?? null,
      },
      person: Object.freeze({ id, name, email, role, scopes }),
      clientId: claims.clientId ?? null,
      // Not said is never: no rule that asks for a recent proof is met.
      authenticatedAt: claims.authenticatedAt ?? 0,
      expiresAt: claims.expiresAt,
      rememberUntil: now + rememberedMilliseconds,
    }
  }
}

/** What an unverified token says. For choosing whom to ask, and for nothing else. */
function claimedIssuer(token: string): unknown {
  const parts = parseCompact(token, longestToken)
  return parts.ok ? readJsonObject(parts.payload)?.get('iss') : undefined
}
