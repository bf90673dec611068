/**
 * From a token to the person behind it, at each request.
 *
 * Stops a token from counting after it was revoked, its family ended, its account was suspended or
 * deleted, what proves the account changed, or its role began to demand a second factor that nobody
 * has set up (ASVS 7.4.1 to 7.4.3, 10.4.9). A token that was verified is answered from memory, where
 * revocations reach it as they reach sessions: see `core/revocations.ts` and `data/revision.ts`.
 * Its end is compared with the clock, and a proof of possession verified, at every request.
 *
 * Memory is keyed by the hash of the token, so it holds none. What a token may do is for `access`.
 */

import { sha256Hex } from '../../../core/bytes.ts'
import { verifyAccessToken } from '../accessToken.ts'
import { parseAuthorization, type Scheme } from '../authorization.ts'
import { longestToken, parseCompact } from '../jws.ts'
import { parseOpaqueToken } from '../opaque.ts'
import type { TokenFacts, TokenPrincipal, TokenProblem, TokenReader } from '../principal.ts'
import { isUsable, type LiveAccount, readAccount } from './accounts.ts'
import { findFamily } from './apps.ts'
import { type Cached, hour, splitScopes, type TokenParts } from './parts.ts'
import { findPersonal, hourOf, personalKind, touchPersonal } from './personal.ts'
import type { Proofs } from './proofs.ts'

export function createReader(parts: TokenParts, { isProven }: Proofs): TokenReader {
  const { cache, revised } = parts
  return (facts) => {
    const credentials = parseAuthorization(facts.authorization)
    if (!credentials.ok) return 'malformed'
    const { scheme, token } = credentials
    const id = sha256Hex(token)
    const known = revised.watch.isFresh() ? fromCache(parts, id, facts.now) : undefined
    if (known !== undefined) return judge(known, { scheme, token, facts, isProven })
    return findSlowly(parts, { id, token, now: facts.now }).then((found) => {
      if (found === null || cache.isRevoked(found)) return 'invalid'
      return judge(found, { scheme, token, facts, isProven })
    })
  }
}

/** What the cache can answer alone: a token whose use need not be written down yet. */
function fromCache({ cache }: TokenParts, id: string, now: number): Cached | undefined {
  const known = cache.get(id)
  return known !== undefined && now < known.touchDueAt ? known : undefined
}

type Shown = {
  readonly scheme: Scheme
  readonly token: string
  readonly facts: TokenFacts
  readonly isProven: Proofs['isProven']
}

/** Without a look at anything that is stored. RFC 9449 section 7. */
function judge(
  principal: Cached,
  { scheme, token, facts, isProven }: Shown,
): TokenPrincipal | TokenProblem {
  const { proof, method, uri, now, requiresProof } = facts
  if (now >= principal.expiresAt) return 'invalid'
  const { boundTo } = principal
  if (boundTo === null) {
    if (requiresProof) return 'proof-missing'
    return scheme === 'bearer' ? principal : 'invalid'
  }
  if (scheme !== 'dpop' || proof === undefined) return 'proof-missing'
  return isProven({ proof, method, uri, now, accessToken: token, boundTo })
    ? principal
    : 'proof-invalid'
}

const sort = 'token' as const

type Looked = { readonly id: string; readonly token: string; readonly now: number }

async function findSlowly(parts: TokenParts, looked: Looked): Promise<Cached | null> {
  const { cache, revised } = parts
  if (!revised.watch.isFresh()) {
    await revised.watch.confirm()
    const known = fromCache(parts, looked.id, looked.now)
    if (known !== undefined) return known
  }
  let found: Cached | null = null
  // As with sessions: what was read while something was revoked may be dead, so it is read again.
  for (let reads = 0; reads < 3; reads += 1) {
    const epoch = cache.epoch()
    found = await readLive(parts, looked)
    if (found === null || cache.isRevoked(found)) return null
    cache.put(found, epoch)
    if (cache.epoch() === epoch) break
  }
  return found
}

async function readLive(parts: TokenParts, looked: Looked): Promise<Cached | null> {
  const { token, now } = looked
  const opaque = parseOpaqueToken(token, parts.options.prefix)
  if (opaque !== undefined) {
    return opaque.kind === personalKind ? readPersonalToken(parts, looked) : null
  }
  const own = await readOwnToken(parts, looked)
  if (own !== null) return own
  // Each takes only what names it as its issuer, which is never this site.
  for (const read of parts.outside) {
    const theirs = await read(token, now)
    if (theirs === null) continue
    const { rememberUntil: touchDueAt, ...principal } = theirs
    const kept = { familyId: null, touchDueAt, sort, id: looked.id, kind: 'outside' } as const
    return Object.freeze({ ...principal, ...kept })
  }
  return null
}

async function readPersonalToken(parts: TokenParts, { id, now }: Looked): Promise<Cached | null> {
  const row = await findPersonal(parts.db, id)
  if (row === undefined || row.revokedAt !== null || now >= row.expiresAt) return null
  const account = await readAccount(parts.db, row.accountId)
  if (!isUsable(parts, account, row)) return null
  const usedAt = hourOf(now)
  if (row.lastUsedAt === null || row.lastUsedAt < usedAt) {
    await touchPersonal(parts.db, row.id, usedAt)
  }
  const { accountId, authenticatedAt, expiresAt } = row
  return Object.freeze({
    ...{ id, kind: 'personal', tokenId: row.id, accountId, authenticatedAt, expiresAt },
    ...{ person: personOf(account, splitScopes(row.scopes)), clientId: null, boundTo: null },
    ...{ familyId: null, touchDueAt: usedAt + hour, sort },
  } satisfies Cached)
}

async function readOwnToken(parts: TokenParts, { id, token, now }: Looked): Promise<Cached | null> {
  const { issuer, audience, keys } = parts
  const expected = { issuer, audience, now, toleranceSeconds: 0 }
  const judged = verifyAccessToken(token, { ...expected, keyOf: await keys.verifier() })
  // Another process may have begun to sign with a key that this one has not heard of.
  const isNew = !judged.ok && judged.problem === 'key-unknown' && (await isOfKey(keys, token))
  const verified = isNew
    ? verifyAccessToken(token, { ...expected, keyOf: await keys.verifier({ afresh: true }) })
    : judged
  if (!verified.ok) return null
  const { claims } = verified
  const family = claims.family === undefined ? undefined : await findFamily(parts.db, claims.family)
  // The signature is ours and says the same; the rows are asked all the same.
  if (family === undefined || family.accountId !== claims.subject) return null
  if (family.clientId !== claims.clientId || family.boundTo !== (claims.boundTo ?? null))
    return null
  const account = await readAccount(parts.db, family.accountId)
  if (!isUsable(parts, account, family)) return null
  const granted = splitScopes(family.scopes).filter((scope) => claims.scopes.has(scope))
  const { accountId, clientId, boundTo, authenticatedAt } = family
  return Object.freeze({
    ...{ id, kind: 'app', tokenId: claims.tokenId, accountId, clientId, boundTo, authenticatedAt },
    ...{ person: personOf(account, granted), familyId: family.id, sort },
    expiresAt: Math.min(claims.expiresAt, family.expiresAt),
    touchDueAt: Number.POSITIVE_INFINITY,
  } satisfies Cached)
}

async function isOfKey(keys: TokenParts['keys'], token: string): Promise<boolean> {
  const parts = parseCompact(token, longestToken)
  return parts.ok && parts.kid !== undefined && keys.isThere(parts.kid)
}

function personOf(
  { id, name, email, role }: LiveAccount,
  scopes: readonly string[],
): TokenPrincipal['person'] {
  return Object.freeze({ id, name, email, role, scopes: new Set(scopes) })
}
