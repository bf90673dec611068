/** A limit in the words of the field: `30 per hour`. */
export type Limit = `${number} per ${'second' | 'minute' | 'hour' | 'day'}`

export type ParsedLimit = {
  readonly requests: number
  readonly windowMilliseconds: number
  readonly text: string
}

const windows: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
}
const shape = /^([1-9]\d{0,8}) per (second|minute|hour|day)$/

/** Reads `N per second|minute|hour|day`; anything else is undefined. */
export function parseLimit(text: string): ParsedLimit | undefined {
  const found = shape.exec(text)
  const windowMilliseconds = windows[found?.[2] ?? '']
  if (found === null || windowMilliseconds === undefined) return undefined
  return Object.freeze({ requests: Number(found[1]), windowMilliseconds, text })
}
