/**
 * Bans that several processes share, over a journal: each process has a copy, which answers at once,
 * and reads on in the journal twice a second (`serve`). What it decides itself holds here at once, and
 * is told to the others; where that fails it is told again with the next reading.
 *
 * While the store is away each process goes on with what it knows, so nobody is let in by the failure
 * who was kept out before. An entry that cannot be read is left out: it can keep nobody out.
 */
import type { Journal } from '../../core/journal.ts'
import { type BanEntry, formatEntry, parseEntry } from './banEntries.ts'
import type { Ban, BanStore, MemoryBanStore } from './bans.ts'

export type SharedBansChange =
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'recovered' }

export type SharedBanStore = BanStore & {
  /** Reads on. Rejects when the store does not answer; what is known stays known. */
  readonly sync: () => Promise<void>
  /** The same for a timer: never rejects, and tells a failure and its end once each. */
  readonly refresh: () => Promise<void>
}

/** What was not taken yet; the oldest of too many is given up, and holds in this process. */
const mostPending = 1_000

export function sharedBanStore(deps: {
  readonly journal: Journal
  readonly local: MemoryBanStore
  readonly onChange: (change: SharedBansChange) => void
}): SharedBanStore {
  const { journal, local, onChange } = deps
  const listeners: ((client: string) => void)[] = []
  let isBroken = false
  const { sync, tell } = follow(journal, (entry) => {
    if (entry.kind === 'placed') local.place(entry.ban)
    else {
      local.lift(entry.client)
      for (const listener of listeners) listener(entry.client)
    }
  })

  return {
    find: local.find,
    earlier: local.earlier,
    place: (ban: Ban) => {
      local.place(ban)
      return tell({ kind: 'placed', ban })
    },
    lift: async (client) => {
      await sync()
      const wasThere = local.lift(client)
      if (wasThere) await tell({ kind: 'lifted', client })
      return wasThere
    },
    list: async (now) => {
      await sync()
      return local.list(now)
    },
    whenLifted: (listener) => listeners.push(listener),
    sync,
    refresh: async () => {
      try {
        await sync()
        if (isBroken) onChange({ kind: 'recovered' })
        isBroken = false
      } catch (error) {
        if (!isBroken) onChange({ kind: 'failed', error })
        isBroken = true
      }
    },
  }
}

/** Adds to the journal and reads on in it, one after the other, so that entries are applied in order. */
function follow(
  journal: Journal,
  apply: (entry: BanEntry) => void,
): {
  readonly sync: () => Promise<void>
  readonly tell: (entry: BanEntry) => Promise<void>
} {
  const pending: BanEntry[] = []
  let mark: string | undefined
  let last: Promise<void> = Promise.resolve()

  async function readOn(): Promise<void> {
    for (let next = pending[0]; next !== undefined; next = pending[0]) {
      await journal.append(formatEntry(next))
      // Only now: until it is taken it stays to be told again.
      if (pending[0] === next) pending.shift()
    }
    const read = await journal.readAfter(mark)
    for (const entry of read.texts.map(parseEntry)) if (entry !== undefined) apply(entry)
    mark = read.mark
  }

  // Whatever came of the one before was told to whoever waited for it.
  function sync(): Promise<void> {
    last = last.then(readOn, readOn)
    return last
  }

  return {
    sync,
    tell: (entry) => {
      pending.push(entry)
      if (pending.length > mostPending) pending.shift()
      return sync()
    },
  }
}
