import { fileURLToPath } from 'node:url'

/** Where `called` was called from, as `file:line`; the line moves by the given number of lines. */
export function callSite(called: (...args: never[]) => unknown): (linesBelow: number) => string {
  const trace: { stack?: string } = {}
  Error.captureStackTrace(trace, called)
  const frame = trace.stack?.split('\n')[1] ?? ''
  const found = /(?:\(|at (?:async )?)([^(]*):(\d+):\d+\)?$/.exec(frame)
  if (found?.[1] === undefined) return () => 'an unknown place'
  const file = found[1].startsWith('file://') ? fileURLToPath(found[1]) : found[1]
  const line = Number(found[2])
  return (linesBelow) => `${file}:${line + linesBelow}`
}
