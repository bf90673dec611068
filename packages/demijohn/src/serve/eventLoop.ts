/**
 * Looks at how late the event loop is, and says when strain begins and ends.
 *
 * Late because of its own work, that is: to refuse strangers helps where they are what keeps the process
 * busy. One that waits for a core that others have is late as well, and would only turn people away.
 */
import { performance } from 'node:perf_hooks'
import { afterTick, atEase, tickMilliseconds } from '../defences/load/strain.ts'
import type { Log } from '../watch/log.ts'

/** The part of a tick's time that its thread has to have been at work, for the delay to be its own. */
const leastOwnShare = 0.5

/** `strained` is told of each change. Gives the way to stop it. */
export function watchEventLoop(strained: (isStrained: boolean) => void, log: Log): () => void {
  let strain = atEase
  let lastAt = performance.now()
  let used = ownMilliseconds()
  const tick = (): void => {
    const at = performance.now()
    const usedNow = ownMilliseconds()
    const passed = at - lastAt
    const isOwn = usedNow - used >= passed * leastOwnShare
    const late = isOwn ? Math.max(0, passed - tickMilliseconds) : 0
    const next = afterTick(strain, { at, late })
    if (next.isStrained !== strain.isStrained) {
      strained(next.isStrained)
      const facts = { lateMilliseconds: Math.round(late) }
      log.info(
        next.isStrained
          ? 'strangers are refused: the process is behind'
          : 'strangers are let in again',
        facts,
      )
    }
    strain = next
    lastAt = at
    used = usedNow
  }
  const timer = setInterval(tick, tickMilliseconds).unref()
  return () => clearInterval(timer)
}

/** Processor time of the thread that answers requests. */
function ownMilliseconds(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
