/**
 * Bans: who, until when, and why. Each has an end and carries its evidence.
 *
 * The interface is what a shared store implements as well. `find` stands on the path of every request
 * and therefore answers at once, from what this process knows; a shared store keeps a copy here and
 * has to learn of another process's bans within a second. What changes something may take its time.
 * `test/sentinel/banContract.ts` holds every implementation to this.
 */

export type Evidence = {
  /** A detector's name, or `operator`; text, for another process may run another version. */
  readonly detector: string
  /** The OWASP Automated Threats number; empty where there is none. */
  readonly threat: string
  readonly counts: Readonly<Record<string, number>>
}

export type Ban = {
  /** By `clientKey`: an IPv4 address or an IPv6 /64. */
  readonly client: string
  /** UTC milliseconds. */
  readonly from: number
  readonly until: number
  /** How many this client had before within the memory. */
  readonly earlier: number
  readonly evidence: Evidence
}

export type BanStore = {
  /** The ban that holds at that moment, as far as this process knows. */
  readonly find: (client: string, now: number) => Ban | undefined
  /** How many bans of that client are remembered, ended ones too. */
  readonly earlier: (client: string, now: number) => number
  /** Holds here at once. A second ban of the same client replaces the first. */
  readonly place: (ban: Ban) => void | Promise<void>
  /** Ends a ban and forgets that there ever was one. True if there was. */
  readonly lift: (client: string) => boolean | Promise<boolean>
  /** Bans that hold at that moment, the newest first. */
  readonly list: (now: number) => readonly Ban[] | Promise<readonly Ban[]>
  /** Calls whoever has counts of a client, once another process has lifted its ban. */
  readonly whenLifted?: (listener: (client: string) => void) => void
}

/** Answers everything at once. */
export type MemoryBanStore = Pick<BanStore, 'find' | 'earlier'> & {
  readonly place: (ban: Ban) => void
  readonly lift: (client: string) => boolean
  readonly list: (now: number) => readonly Ban[]
  readonly size: () => number
}

/**
 * Bans of one process, lost at its restart. When full, what has ended goes first, then the ban that
 * was placed longest ago: every one of them is an attacker's, and that one has been paid for longest.
 */
export function memoryBanStore(bounds: {
  readonly mostBans: number
  /** How long an ended ban is remembered. */
  readonly memoryMilliseconds: number
}): MemoryBanStore {
  const bans = new Map<string, Ban>()
  const forgotten = (ban: Ban, now: number): boolean => now >= ban.until + bounds.memoryMilliseconds
  // A sweep reads the whole table, so it runs at most once a second.
  let sweptAt = Number.NEGATIVE_INFINITY

  function makeRoom(now: number): void {
    if (now - sweptAt >= 1000) {
      sweptAt = now
      for (const [client, ban] of bans) if (now >= ban.until) bans.delete(client)
    }
    const oldest = bans.keys().next()
    if (bans.size >= bounds.mostBans && oldest.done !== true) bans.delete(oldest.value)
  }

  return {
    find: (client, now) => {
      const ban = bans.get(client)
      return ban !== undefined && now < ban.until ? ban : undefined
    },
    earlier: (client, now) => {
      const ban = bans.get(client)
      return ban === undefined || forgotten(ban, now) ? 0 : ban.earlier + 1
    },
    place: (ban) => {
      bans.delete(ban.client)
      if (bans.size >= bounds.mostBans) makeRoom(ban.from)
      bans.set(ban.client, Object.freeze(ban))
    },
    lift: (client) => bans.delete(client),
    list: (now) => [...bans.values()].filter(({ until }) => now < until).reverse(),
    size: () => bans.size,
  }
}
