/**
 * How the response climbs. Pure: numbers and times in, decision out.
 *
 * nothing → slow down → challenge → ban with an end. The strongest of what the detectors ask for is
 * taken; it falls back by itself as counts decay. Bans double as a memory: who returns within a day
 * stays out for longer. An allow-listed network is never refused here.
 */
import type { Numbers } from './counts.ts'
import { type Detector, detectors, levelOf } from './detectors.ts'
import { type DetectorName, type Level, levels, type SentinelOptions } from './options.ts'

export type Finding = {
  readonly level: Level
  readonly detector: DetectorName
  /** OAT number, or empty. */
  readonly threat: string
  /** Everything that was counted, rounded. Numbers alone: no names, paths or passwords. */
  readonly counts: Readonly<Record<string, number>>
}

/** The strongest finding; undefined where nothing is reached. */
export function judge(
  numbers: Numbers,
  thresholds: SentinelOptions['thresholds'],
): Finding | undefined {
  let best: { detector: Detector; level: Level } | undefined
  for (const detector of detectors) {
    const level = levelOf(detector.measure(numbers), thresholds[detector.name])
    if (levels.indexOf(level) > levels.indexOf(best?.level ?? 'none')) best = { detector, level }
  }
  if (best === undefined) return undefined
  const { name, threat } = best.detector
  return { level: best.level, detector: name, threat, counts: evidenceOf(numbers) }
}

/** What there is anything of, to one decimal. */
function evidenceOf(numbers: Numbers): Finding['counts'] {
  const rounded = Object.entries(numbers).map(([name, n]) => [name, Math.round(n * 10) / 10])
  return Object.fromEntries(rounded.filter(([, n]) => n !== 0))
}

/** True from half of what would slow a client down: such a one is not forgotten for a newcomer. */
export function isSuspicious(numbers: Numbers, thresholds: SentinelOptions['thresholds']): boolean {
  return detectors.some(({ name, measure }) => {
    const { slow, challenge, ban } = thresholds[name]
    return measure(numbers) * 2 >= Math.min(slow, challenge, ban)
  })
}

/** How long a ban lasts, by how many there were within the memory. */
export function banLength(earlierBans: number, options: SentinelOptions): number {
  const { banMilliseconds } = options
  return banMilliseconds[Math.min(earlierBans, banMilliseconds.length - 1)] ?? 0
}

/** One request of a slowed client. Gives the next state, or how long to wait. */
export function takePace(
  onTimeAt: number,
  pace: SentinelOptions['pace'],
  now: number,
): { readonly onTimeAt: number; readonly waitMilliseconds: number } {
  const next = Math.max(onTimeAt, now) + pace.intervalMilliseconds
  const early = next - pace.burst * pace.intervalMilliseconds - now
  return early > 0 ? { onTimeAt, waitMilliseconds: early } : { onTimeAt: next, waitMilliseconds: 0 }
}
