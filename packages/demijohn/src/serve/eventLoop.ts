/** Looks at how late the event loop is, and says when strain begins and ends. */
import { performance } from 'node:perf_hooks'
import { afterTick, atEase, tickMilliseconds } from '../defences/load/strain.ts'
import type { Log } from '../watch/log.ts'

/** `strained` is told of each change. Gives the way to stop it. */
export function watchEventLoop(strained: (isStrained: boolean) => void, log: Log): () => void {
  let strain = atEase
  let dueAt = performance.now() + tickMilliseconds
  const tick = (): void => {
    const at = performance.now()
    const late = Math.max(0, at - dueAt)
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
    dueAt = at + tickMilliseconds
  }
  const timer = setInterval(tick, tickMilliseconds).unref()
  return () => clearInterval(timer)
}
