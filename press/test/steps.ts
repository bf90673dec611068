/**
 * Counts what a computation does instead of how long it takes: how often V8 enters a block of the
 * JavaScript that runs (precise coverage). The same on a busy machine and on an idle one, so a test
 * may compare the work of n with that of 2n.
 *
 * Does not see inside of built-ins: a regular expression is one step, however long it takes. Counts
 * only functions that were compiled after this module was loaded, so import it first.
 */
import { type Profiler, Session } from 'node:inspector'

const session = new Session()
session.connect()
session.post('Profiler.enable')
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })

/** What was entered since the last call. */
function take(): number {
  let scripts: readonly Profiler.ScriptCoverage[] = []
  // In the same process the answer comes before `post` returns.
  session.post('Profiler.takePreciseCoverage', (error, answer) => {
    if (error !== null) throw error
    scripts = answer.result
  })
  let steps = 0
  for (const { functions } of scripts) {
    for (const { ranges } of functions) for (const { count } of ranges) steps += count
  }
  return steps
}

/** Blocks of JavaScript entered while this ran. */
export function stepsOf(run: () => unknown): number {
  take()
  run()
  return take()
}

/**
 * How many times the work grows when the input doubles: 2 for linear work, 4 for quadratic. The
 * smaller input runs once before, so that what is done once and kept is in neither count.
 */
export function growth(run: (size: number) => unknown, size: number): number {
  run(size)
  const once = stepsOf(() => run(size))
  return stepsOf(() => run(size * 2)) / once
}
