/**
 * Remember tokens on their way in and out: the cookie, and the session that a good one becomes.
 *
 * A session of a family that ended between its redemption and the writing of the session would
 * outlive it, so the family is asked for once more when the session is there. A session that would
 * owe a second factor is none: then the person signs in as usual.
 */
import type { IssuedRemember, Redemption } from '../defences/sessions/remember.ts'
import type { IssuedSession } from '../defences/sessions/types.ts'
import { expireCookie, readCookie, serialiseCookie } from '../web/cookies.ts'
import { userAgentOf } from './deviceControl.ts'
import { signalsOf } from './hear.ts'
import type { Arrival, Parts, WithClient, WithHead } from './parts.ts'

type Known = Arrival & WithHead & WithClient

/** What the browser brought, whatever it is. */
export function rememberTokenOf(parts: Parts, { head }: WithHead): string | undefined {
  return readCookie(head.headers.get('cookie'), parts.rememberCookie.name)
}

export function keepRemember(
  { rememberCookie }: Parts,
  { effects }: Pick<Arrival, 'effects'>,
  { token, maxAgeSeconds }: IssuedRemember,
): void {
  effects.cookies.push(serialiseCookie({ ...rememberCookie, value: token, maxAgeSeconds }))
}

/** Where the browser brought none, nothing is sent. */
export function clearRemember(parts: Parts, known: Arrival & WithHead): void {
  if (rememberTokenOf(parts, known) === undefined) return
  known.effects.cookies.push(expireCookie(parts.rememberCookie))
}

/** `leave`: another tab has just been given newer cookies, which this answer must not undo. */
export type CameBack = { readonly issued: IssuedSession } | 'nobody' | 'leave'

/** Redeems the token of a browser that has no live session. */
export async function comeBack(parts: Parts, known: Known, token: string): Promise<CameBack> {
  const redemption = await parts.remembering.redeem(token)
  if (redemption.kind === 'just-used') return 'leave'
  if (redemption.kind === 'stolen') {
    const { requestId } = known
    parts.log.event('authn_token_reuse', { requestId, userId: redemption.accountId })
    signalsOf(parts.sentinel, known).tokenReplayed()
  }
  const issued = redemption.kind === 'good' ? await beginAgain(parts, known, redemption) : null
  if (issued !== null) return { issued }
  clearRemember(parts, known)
  return 'nobody'
}

async function beginAgain(
  parts: Parts,
  known: Known,
  redeemed: Redemption & { readonly kind: 'good' },
): Promise<IssuedSession | null> {
  const { accountId, credentialRevision, methods, authenticatedAt } = redeemed
  const { sessions, remembering } = parts
  const { familyId } = redeemed.issued
  const issued = await sessions.create({
    ...{ accountId, credentialRevision, methods, authenticatedAt, familyId },
    endsAt: redeemed.expiresAt,
    userAgent: userAgentOf(known.head),
    clientAddress: known.clientAddress,
  })
  const isGood = issued?.session.stage === 'full' && (await remembering.isLive(accountId, familyId))
  if (issued === null || !isGood) {
    await remembering.endFamily(accountId, familyId)
    if (issued !== null) await sessions.end(issued.session.id)
    return null
  }
  keepRemember(parts, known, redeemed.issued)
  const { name, attributes } = parts.sessionCookie
  const cookie = { name, value: issued.token, secure: attributes.secure }
  known.effects.cookies.push(serialiseCookie(cookie))
  const facts = { requestId: known.requestId, userId: accountId, stage: issued.session.stage }
  parts.log.event('session_created', { ...facts, remembered: true })
  return issued
}
