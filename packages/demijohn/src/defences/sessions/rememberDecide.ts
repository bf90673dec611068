/**
 * What a remember token is worth when it comes. Pure: times in, decision out.
 *
 * Every token works once. One that comes again has been copied, or it comes from a browser that
 * opened several tabs at once with the only token it had. Within the grace such a one is nobody:
 * signed in as nobody, and nothing is taken from the browser, which has the newer cookies by then.
 * A thief gains by the grace that a copy sent within half a minute of its owner's raises no alarm;
 * it opens nothing. After the grace it is a theft, whoever of the two came first.
 */

/** Long enough for the tabs of a restored window on a slow line. */
export const graceMilliseconds = 30_000

/** From the sign-in on, whatever happens in between (NIST SP 800-63B: reauthentication in 30 days). */
export const rememberMilliseconds = 30 * 24 * 60 * 60 * 1_000

export type RememberedFacts = {
  readonly now: number
  readonly usedAt: number | null
  readonly expiresAt: number
}

export type RememberedVerdict = 'good' | 'over' | 'just-used' | 'stolen'

/** At the very millisecond of its end a token is over, and at that of the grace it is stolen. */
export function decideRemembered({ now, usedAt, expiresAt }: RememberedFacts): RememberedVerdict {
  if (now >= expiresAt) return 'over'
  if (usedAt === null) return 'good'
  return now < usedAt + graceMilliseconds ? 'just-used' : 'stolen'
}
