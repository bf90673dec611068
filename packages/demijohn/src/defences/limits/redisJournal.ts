/**
 * A journal in Redis or Valkey: a stream (5.0 and later), to which every process adds and which each
 * reads on from the last id that it saw. Ids are the server's, so all see one order.
 *
 * Trusts the server, as limits do: whoever can write to it can add what they like.
 */
import type { Journal } from '../../core/journal.ts'
import type { RedisCommand } from './redis.ts'

/** As many as one process keeps; beyond that the server drops the oldest. */
const mostEntries = 100_000
/** Longer than the longest ban and the memory of it: then a stream that nobody adds to is gone. */
const keepMilliseconds = 8 * 86_400_000
const entriesAtOnce = 1_000

export function redisJournal(deps: {
  readonly command: RedisCommand
  readonly key: string
}): Journal {
  const { command, key } = deps
  return {
    append: async (text) => {
      await command(['XADD', key, 'MAXLEN', '~', String(mostEntries), '*', 'text', text])
      await command(['PEXPIRE', key, String(keepMilliseconds)])
    },
    readAfter: async (mark) => {
      const texts: string[] = []
      let last = mark
      for (;;) {
        const from = last === undefined ? '-' : `(${last}`
        const reply = await command(['XRANGE', key, from, '+', 'COUNT', String(entriesAtOnce)])
        const entries = readEntries(reply)
        texts.push(...entries.map(({ text }) => text))
        last = entries.at(-1)?.id ?? last
        if (entries.length < entriesAtOnce) return { texts, mark: last }
      }
    },
  }
}

function readEntries(reply: unknown): readonly { readonly id: string; readonly text: string }[] {
  if (!Array.isArray(reply)) {
    throw new TypeError('journal: the shared store gave no answer that can be read')
  }
  return reply.map((entry: unknown) => {
    const [id, fields]: unknown[] = Array.isArray(entry) ? entry : []
    const text: unknown = Array.isArray(fields) ? fields[1] : undefined
    if (typeof id !== 'string' || typeof text !== 'string') {
      throw new TypeError('journal: the shared store has an entry that is none')
    }
    return { id, text }
  })
}
