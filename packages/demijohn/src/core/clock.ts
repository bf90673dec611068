/** Time is passed in: tests turn the hands themselves. */
export type Clock = {
  /** UTC milliseconds since 1970, as `Date.now`. */
  readonly now: () => number
}

export const systemClock: Clock = Object.freeze({ now: () => Date.now() })

/** A clock for tests: stands still until it is told to move. */
export function manualClock(startMilliseconds: number): Clock & {
  advance: (milliseconds: number) => void
} {
  let at = startMilliseconds
  return {
    now: () => at,
    advance: (milliseconds) => {
      at += milliseconds
    },
  }
}
