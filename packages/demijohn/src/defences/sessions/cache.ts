/**
 * Sessions kept in this process: bounded, and unable to bring an ended one back.
 *
 * Stops the race in which a read that began before a revocation puts the dead row into the cache
 * after it (CVE-2025-46336 in another form). Every revocation is announced before its write and
 * taken back after it: between the two what it covers is refused, and nothing read across either
 * moment is kept. Does not know of other processes; `store.ts` asks the database for those.
 */

/** What a revocation covers: one session, or an account's sessions but one. */
export type Revocation =
  | { readonly sessionId: string }
  | { readonly accountId: string; readonly except?: string | undefined }

type Keyed = { readonly id: string; readonly accountId: string }

export type SessionCache<Session extends Keyed> = {
  readonly get: (id: string) => Session | undefined
  /** Counts revocations. A row read under another epoch than the current one may be dead. */
  readonly epoch: () => number
  /** Keeps a row that was read while the epoch was `readAt`, unless that has passed. */
  readonly put: (session: Session, readAt: number) => void
  /** True while a revocation that covers the session is being written. */
  readonly isRevoked: (session: Keyed) => boolean
  /** Runs a write that revokes. What it covers is refused until the write has ended either way. */
  readonly revokeDuring: <T>(revocation: Revocation, write: () => Promise<T>) => Promise<T>
  /** Forgets what a change makes stale, without refusing it. */
  readonly forget: (revocation: Revocation) => void
  readonly forgetAll: () => void
  readonly size: () => number
}

function covers(revocation: Revocation, session: Keyed): boolean {
  if ('sessionId' in revocation) return revocation.sessionId === session.id
  return revocation.accountId === session.accountId && revocation.except !== session.id
}

/**
 * Makes a cache of at most `capacity` sessions. Two generations stand in for a list of uses: what
 * is used moves to the young one, and when that is full the old one goes. A hit in the young one
 * is one look-up and moves nothing.
 */
export function createSessionCache<Session extends Keyed>(capacity: number): SessionCache<Session> {
  const half = Math.max(1, Math.floor(capacity / 2))
  let young = new Map<string, Session>()
  let old = new Map<string, Session>()
  let epoch = 0
  const running = new Set<Revocation>()

  const keep = (session: Session): void => {
    old.delete(session.id)
    young.set(session.id, session)
    if (young.size < half) return
    old = young
    young = new Map()
  }

  const forget = (revocation: Revocation): void => {
    epoch += 1
    for (const generation of [young, old]) {
      if ('sessionId' in revocation) generation.delete(revocation.sessionId)
      else {
        for (const session of generation.values()) {
          if (covers(revocation, session)) generation.delete(session.id)
        }
      }
    }
  }

  return Object.freeze({
    get: (id: string) => {
      const session = young.get(id)
      if (session !== undefined) return session
      const older = old.get(id)
      if (older !== undefined) keep(older)
      return older
    },
    epoch: () => epoch,
    put: (session: Session, readAt: number) => {
      if (readAt === epoch && running.size === 0) keep(session)
    },
    isRevoked: (session: Keyed) => {
      if (running.size === 0) return false
      for (const revocation of running) if (covers(revocation, session)) return true
      return false
    },
    revokeDuring: async <T>(revocation: Revocation, write: () => Promise<T>): Promise<T> => {
      running.add(revocation)
      forget(revocation)
      try {
        return await write()
      } finally {
        running.delete(revocation)
        forget(revocation)
      }
    },
    forget,
    forgetAll: () => {
      epoch += 1
      young = new Map()
      old = new Map()
    },
    size: () => young.size + old.size,
  })
}
