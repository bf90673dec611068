/**
 * What becomes of somebody whom a provider has recognised and this site has not met by it.
 *
 * Stops a takeover by a provider that lets people write any address (GHSA-g38m-r43w-p2q7): an account
 * is joined to it only where both sides have seen that the person reads mail at the same address.
 * Verified here, or somebody could have put down another's address before its owner came; verified
 * there, or the provider's word is only what was typed. Pure.
 */
import type { ProviderIdentity } from './types.ts'

/** The account that has this address here. */
export type Candidate = {
  /** The form by which two spellings of an address are one. */
  readonly emailKey: string
  /** null: nobody has shown that they read mail there. */
  readonly emailVerifiedAt: number | null
  readonly suspendedAt: number | null
}

export type StrangerVerdict = 'link' | 'register' | 'refuse'

export function decideStranger(facts: {
  readonly identity: Pick<ProviderIdentity, 'email' | 'isEmailVerified'>
  /** The provider's address in that same form; null where there is none. */
  readonly emailKey: string | null
  readonly account: Candidate | undefined
  /** Whether anybody may make an account here. */
  readonly isOpen: boolean
}): StrangerVerdict {
  const { identity, emailKey, account, isOpen } = facts
  if (identity.email === null || emailKey === null || !identity.isEmailVerified) return 'refuse'
  if (account === undefined) return isOpen ? 'register' : 'refuse'
  const isSame = account.emailKey === emailKey
  const isRead = account.emailVerifiedAt !== null
  return isSame && isRead && account.suspendedAt === null ? 'link' : 'refuse'
}

/** Exactly this much clocks may differ before a proof counts as older than the question for it. */
const clockSkewMilliseconds = 10_000

/** Whether the person has proven anew who they are, after they were sent to do so. */
export function isProvenSince(
  { authenticatedAt }: Pick<ProviderIdentity, 'authenticatedAt'>,
  startedAt: number,
): boolean {
  return authenticatedAt !== null && authenticatedAt >= startedAt - clockSkewMilliseconds
}

/**
 * Since when a session counts as proven that begins with a provider's word. The time of the proof
 * there, for the provider may have asked for nothing today; where it does not say, the beginning of
 * time, so that nothing that asks for a recent proof opens by it (ASVS 6.8.4).
 */
export function provenAt(
  { authenticatedAt }: Pick<ProviderIdentity, 'authenticatedAt'>,
  now: number,
): number {
  return authenticatedAt === null ? 0 : Math.min(authenticatedAt, now)
}

/**
 * Whether a sign-in was begun from a page of this site, or by typing its address: then it may lead on
 * without a question. From elsewhere it could end in an account that is not the person's (login CSRF
 * by way of the provider, RFC 9700 section 4.7). A browser without Fetch Metadata is believed.
 */
export function isOwnStart(facts: {
  readonly fetchSite: string | undefined
  readonly fetchDest: string | undefined
}): boolean {
  const { fetchSite, fetchDest } = facts
  if (fetchDest !== undefined && fetchDest !== 'document') return false
  return fetchSite === undefined || fetchSite === 'same-origin' || fetchSite === 'none'
}
