/**
 * Notices a token that is in use in two networks at once.
 *
 * Hints at a copy: people and phones move from one network to another and stay there; a token that
 * comes back to one it had left, within minutes and while the other still uses it, is held twice. It is
 * a hint and no proof (two lines of one office do it, too), so nothing is refused for it: the sentinel
 * counts it, and a token that is bound to a key cannot be used by a copy at all (RFC 9449).
 *
 * Kept in this process alone, and bounded: the tokens that were used longest ago are forgotten first.
 */

/** How soon somebody has to be back for it to be strange. */
const backWithinMilliseconds = 10 * 60_000

export type Seen = {
  /** An IPv4 address or an IPv6 /64. */
  readonly network: string
  /** The one before it, and when it was last used there, in UTC milliseconds. */
  readonly left: { readonly network: string; readonly at: number } | undefined
  readonly at: number
}

/** What is known after a use, and whether the token came back from a network that it had left. */
export function noteUse(
  before: Seen | undefined,
  network: string,
  now: number,
): { readonly seen: Seen; readonly isBack: boolean } {
  if (before === undefined) return { seen: { network, left: undefined, at: now }, isBack: false }
  if (before.network === network) return { seen: { ...before, at: now }, isBack: false }
  const { left } = before
  const isBack = left?.network === network && now - left.at < backWithinMilliseconds
  return { seen: { network, left: { network: before.network, at: before.at }, at: now }, isBack }
}

export type TokenNetworks = {
  /** Takes note of a use; true where the token came back. `id` names the token. */
  readonly isBack: (id: string, network: string, now: number) => boolean
}

/** Remembers at most so many tokens. */
export function tokenNetworks(capacity = 10_000): TokenNetworks {
  const known = new Map<string, Seen>()
  return Object.freeze({
    isBack: (id: string, network: string, now: number) => {
      const before = known.get(id)
      // The common case costs one look: the same network, and a moment that need not be exact.
      if (before?.network === network && now - before.at < 1_000) return false
      const { seen, isBack } = noteUse(before, network, now)
      known.delete(id)
      known.set(id, seen)
      if (known.size > capacity) {
        const [oldest] = known.keys()
        if (oldest !== undefined) known.delete(oldest)
      }
      return isBack
    },
  })
}
