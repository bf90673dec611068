/** What runs in the thread of `bcryptThread.ts`: questions in, answers out, in the order they came. */
import { parentPort } from 'node:worker_threads'
import { hashSync } from 'bcryptjs'
import type { Answer, Question } from './bcryptThread.ts'

function answer({ id, password, salt }: Question): Answer {
  try {
    return { id, hash: hashSync(password, salt) }
  } catch (error) {
    return { id, problem: error instanceof Error ? error.message : String(error) }
  }
}

parentPort?.on('message', (question: Question) => parentPort?.postMessage(answer(question)))
