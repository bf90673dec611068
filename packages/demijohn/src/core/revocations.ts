/**
 * Credentials kept in this process (sessions, tokens): bounded, and unable to bring an ended one back.
 *
 * Stops the race in which a read that began before a revocation puts the dead row into the cache
 * after it (CVE-2025-46336 in another form). Every revocation is announced before its write and
 * taken back after it: between the two what it covers is refused, and nothing read across either
 * moment is kept. Caches of one `Revocations` hear the same ones, so that what ends an account's
 * sessions ends its tokens. Does not know of other processes; `data/revision.ts` asks for those.
 */

/** What a revocation covers: one credential, one family of them, or an account's but one. */
export type Revocation =
  | { readonly id: string }
  | { readonly familyId: string }
  | {
      readonly accountId: string
      readonly except?: string | undefined
      /** `token`: of tokens alone, so that no session is refused while it is written. */
      readonly sort?: 'token'
    }

export type Revocable = {
  readonly id: string
  readonly accountId: string
  readonly familyId?: string | null
  readonly sort?: 'token'
}

export type Revocations = {
  /** Counts revocations. A row read under another epoch than the current one may be dead. */
  readonly epoch: () => number
  /** True while a revocation that covers the credential is being written. */
  readonly isRevoked: (credential: Revocable) => boolean
  /** Runs a write that revokes. What it covers is refused until the write has ended either way. */
  readonly revokeDuring: <T>(revocation: Revocation, write: () => Promise<T>) => Promise<T>
  /** Forgets what a change makes stale, without refusing it. */
  readonly forget: (revocation: Revocation) => void
  readonly forgetAll: () => void
  /** Another cache that hears of these revocations, of at most `capacity` credentials. */
  readonly cache: <Credential extends Revocable>(capacity: number) => RevocableCache<Credential>
}

export type RevocableCache<Credential extends Revocable> = Omit<Revocations, 'cache'> & {
  readonly get: (id: string) => Credential | undefined
  /** Keeps a row that was read while the epoch was `readAt`, unless that has passed. */
  readonly put: (credential: Credential, readAt: number) => void
  readonly size: () => number
}

function covers(revocation: Revocation, credential: Revocable): boolean {
  if ('id' in revocation) return revocation.id === credential.id
  if ('familyId' in revocation) return revocation.familyId === credential.familyId
  if (revocation.sort !== undefined && revocation.sort !== credential.sort) return false
  return revocation.accountId === credential.accountId && revocation.except !== credential.id
}

export function createRevocations(): Revocations {
  const shelves: Pick<Shelf<Revocable>, 'drop' | 'clear'>[] = []
  const running = new Set<Revocation>()
  let epoch = 0

  const forget = (revocation: Revocation): void => {
    epoch += 1
    for (const shelf of shelves) shelf.drop(revocation)
  }
  const heard: Omit<Revocations, 'cache'> = {
    epoch: () => epoch,
    isRevoked: (credential) => {
      if (running.size === 0) return false
      for (const revocation of running) if (covers(revocation, credential)) return true
      return false
    },
    revokeDuring: async (revocation, write) => {
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
      for (const shelf of shelves) shelf.clear()
    },
  }

  function cache<Credential extends Revocable>(capacity: number): RevocableCache<Credential> {
    const shelf = createShelf<Credential>(capacity)
    shelves.push(shelf)
    return Object.freeze({
      ...heard,
      get: shelf.get,
      put: (credential: Credential, readAt: number) => {
        if (readAt === epoch && running.size === 0) shelf.keep(credential)
      },
      size: shelf.size,
    })
  }

  return Object.freeze({ ...heard, cache })
}

type Shelf<Credential extends Revocable> = {
  readonly get: (id: string) => Credential | undefined
  readonly keep: (credential: Credential) => void
  readonly drop: (revocation: Revocation) => void
  readonly clear: () => void
  readonly size: () => number
}

/**
 * Two generations stand in for a list of uses: what is used moves to the young one, and when that is
 * full the old one goes. A hit in the young one is one look-up and moves nothing.
 */
function createShelf<Credential extends Revocable>(capacity: number): Shelf<Credential> {
  const half = Math.max(1, Math.floor(capacity / 2))
  let young = new Map<string, Credential>()
  let old = new Map<string, Credential>()

  const keep = (credential: Credential): void => {
    old.delete(credential.id)
    young.set(credential.id, credential)
    if (young.size < half) return
    old = young
    young = new Map()
  }

  return {
    keep,
    get: (id) => {
      const credential = young.get(id)
      if (credential !== undefined) return credential
      const older = old.get(id)
      if (older !== undefined) keep(older)
      return older
    },
    drop: (revocation) => {
      for (const generation of [young, old]) {
        if ('id' in revocation) generation.delete(revocation.id)
        else {
          for (const credential of generation.values()) {
            if (covers(revocation, credential)) generation.delete(credential.id)
          }
        }
      }
    },
    clear: () => {
      young = new Map()
      old = new Map()
    },
    size: () => young.size + old.size,
  }
}
