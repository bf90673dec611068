/**
 * Whether the event loop is behind, from how late a timer is: the one number in which everything that
 * a process has to do shows, whatever it is.
 *
 * A standing delay is what counts, not a spike (Nichols and Jacobson, "Controlling Queue Delay", 2012;
 * RFC 8289 section 4.2): one slow query or a collection of garbage makes one tick late; overload makes
 * every tick late. So strain begins when no tick of half a second was on time, and ends when all of
 * half a second were.
 */

/** How often the timer is due. */
export const tickMilliseconds = 50
/** A tick that is later than that is late. A page takes about 10 ms beside a flood of sign-ins. */
export const lateMilliseconds = 100
/** A tick that is less late than that is on time: between the two nothing changes. */
export const onTimeMilliseconds = 50
/** How long it has to last, either way. */
export const standingMilliseconds = 500

export type Strain = {
  readonly isStrained: boolean
  /** Since when every tick has spoken against `isStrained`; undefined while one did not. */
  readonly changingSince: number | undefined
}

export const atEase: Strain = Object.freeze({ isStrained: false, changingSince: undefined })

/** After a tick that was so late, at a moment of any clock that never goes back. */
export function afterTick(
  { isStrained, changingSince }: Strain,
  tick: { readonly at: number; readonly late: number },
): Strain {
  const { at, late } = tick
  const speaksAgainst = isStrained ? late < onTimeMilliseconds : late > lateMilliseconds
  if (!speaksAgainst) return { isStrained, changingSince: undefined }
  // A late tick speaks for the time that it was late.
  const since = changingSince ?? (isStrained ? at : at - late)
  const hasLasted = changingSince !== undefined && at - since >= standingMilliseconds
  return hasLasted
    ? { isStrained: !isStrained, changingSince: undefined }
    : { isStrained, changingSince: since }
}
