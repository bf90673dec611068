/** Chance that is the same at every run: mulberry32, from a seed. */
export type Dice = {
  /** At least 0, less than 1. */
  readonly next: () => number
  readonly chance: (probability: number) => boolean
  /** A whole number, both ends included. */
  readonly between: (least: number, most: number) => number
  readonly pick: <T>(from: readonly [T, ...T[]]) => T
  /** A wait in whole milliseconds with that mean, as between events that know nothing of each other. */
  readonly gap: (meanMilliseconds: number) => number
}

export function dice(seed: number): Dice {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number): number =>
    least + Math.floor(next() * (most - least + 1))
  return {
    next,
    between,
    chance: (probability) => next() < probability,
    pick: (from) => from[between(0, from.length - 1)] ?? from[0],
    gap: (mean) => Math.round(-Math.log(1 - next()) * mean),
  }
}
