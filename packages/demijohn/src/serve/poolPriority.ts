/**
 * Puts the threads that hash passwords behind the one that answers requests.
 *
 * Stops a flood of sign-ins from making everybody else wait for a core (ASVS 15.2.2): the queue
 * bounds how much is hashed, and this who has to wait meanwhile. On Linux a priority belongs to a
 * thread (setpriority(2), "Notes"), and libuv names those of its pool. Where there is no such list
 * or no right to it, nothing is changed: it is a matter of speed alone. Does not slow hashing where
 * there are cores to spare, and does not stop the pool from being slow where other programs take
 * them all.
 */
import { readdir, readFile } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'
import { join } from 'node:path'

/** By how much the pool is nicer than the process; 19 is what runs when nobody else wants to. */
const nicer = 10
const nicest = 19

const threadsOfPool = 'libuv-worker'

/** Says how many threads it was done to: 0 where that is not possible. */
export async function lowerPoolPriority(tasks = '/proc/self/task'): Promise<number> {
  try {
    // Reading takes the pool, so that its threads are there, all of them, the second time.
    await readdir(tasks)
    const threads = await readdir(tasks)
    const names = await Promise.all(threads.map((thread) => readFile(join(tasks, thread, 'comm'))))
    const ofPool = threads.filter((_, at) => names[at]?.toString().trim() === threadsOfPool)
    const niceness = Math.min(nicest, getPriority() + nicer)
    for (const thread of ofPool) setPriority(Number(thread), niceness)
    return ofPool.length
  } catch (error) {
    if (error instanceof Error && 'code' in error) return 0
    throw error
  }
}
