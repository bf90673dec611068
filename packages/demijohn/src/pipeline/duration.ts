/** Lengths of time as an application writes them: `10 minutes`. */
import { Misconfiguration } from '../core/misconfiguration.ts'

export type Duration = `${number} minutes` | `${number} hours`

const shape = /^([1-9]\d{0,4}) (minutes|hours)$/

/** In milliseconds. Throws Misconfiguration for what callers without types may write. */
export function parseDuration(duration: Duration): number {
  const found = shape.exec(duration)
  if (found === null) {
    throw new Misconfiguration([
      `fresh("${duration}") is no length of time; write N minutes or N hours`,
    ])
  }
  return Number(found[1]) * (found[2] === 'hours' ? 3_600_000 : 60_000)
}
