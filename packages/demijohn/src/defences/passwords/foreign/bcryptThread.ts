/**
 * bcrypt in a thread of its own, for Node has none and JavaScript would stop everybody else for the
 * length of it (ASVS 15.2.2).
 *
 * One thread for the process, begun with the first hash, for beginning costs more than a cheap hash.
 * Its memory is bounded, it sees no environment, and it keeps no process from ending. Where a process
 * may start no threads (`--permission` without `--allow-worker`) the hash is computed here, in slices
 * of 100 ms between which others have their turn. Whoever calls lets one in at a time.
 */
import { Worker } from 'node:worker_threads'
import { hash } from 'bcryptjs'

export type Question = { readonly id: number; readonly password: string; readonly salt: string }
export type Answer =
  | { readonly id: number; readonly hash: string }
  | { readonly id: number; readonly problem: string }

const program = new URL('./bcryptProgram.ts', import.meta.url)
const limits = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 }

let thread: Worker | undefined
let asked = 0
const open = new Map<number, PromiseWithResolvers<string>>()

/**
 * The whole string that bcrypt makes of a password and of `$2b$`, cost and salt. Rejects where that
 * is no salt, and where the thread ends.
 */
export function bcryptHash(password: string, salt: string): Promise<string> {
  thread ??= begin()
  if (thread === undefined) return hash(password, salt)
  asked += 1
  const answer = Promise.withResolvers<string>()
  open.set(asked, answer)
  thread.ref()
  thread.postMessage({ id: asked, password, salt } satisfies Question)
  return answer.promise
}

function begin(): Worker | undefined {
  try {
    // Not the arguments that this process was started with: no test runner, no inspector.
    const begun = new Worker(program, { resourceLimits: limits, env: {}, execArgv: [] })
    begun.on('message', (answer: Answer) => settle(begun, answer))
    begun.on('error', (error) => giveUp(begun, error))
    begun.on('exit', () => giveUp(begun, new Error('the thread of bcrypt has ended')))
    return begun
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_ACCESS_DENIED') return undefined
    throw error
  }
}

function settle(from: Worker, answer: Answer): void {
  const waiting = open.get(answer.id)
  open.delete(answer.id)
  if ('hash' in answer) waiting?.resolve(answer.hash)
  else waiting?.reject(new Error(answer.problem))
  if (open.size === 0) from.unref()
}

/** Nobody waits for ever: the next hash begins another thread. */
function giveUp(ended: Worker, error: Error): void {
  if (thread !== ended) return
  thread = undefined
  for (const waiting of open.values()) waiting.reject(error)
  open.clear()
}
