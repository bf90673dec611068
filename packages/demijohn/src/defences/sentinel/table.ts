/**
 * A table of clients that cannot be made to forget a suspect by noise.
 *
 * When it is full, a newcomer takes the place of somebody unsuspicious among the few that are next
 * in turn. If all of those few are suspects, the newcomer is not remembered: the cost is bounded, and what is counted for the whole site still sees
 * it. So an attacker who fills the table needs as many suspicious clients as it has places, and gains
 * that further ones are judged only by what the whole site shows.
 */
export type BoundedTable<Key, Row> = {
  readonly get: (key: Key) => Row | undefined
  /** The row of that key, made if there is room. */
  readonly open: (key: Key, now: number) => Row | undefined
  readonly delete: (key: Key) => void
  readonly size: () => number
}

/** How many rows a newcomer may make us look at. */
const looks = 8

export function boundedTable<Key, Row>(deps: {
  readonly most: number
  readonly make: () => Row
  readonly isSuspect: (row: Row, now: number) => boolean
}): BoundedTable<Key, Row> {
  const rows = new Map<Key, Row>()

  // One hand goes round and stays where it was: beginning anew would walk over what was deleted.
  let hand = rows.entries()

  function makeRoom(now: number): boolean {
    for (let look = 0; look < looks; look += 1) {
      const next = hand.next()
      if (next.done === true) {
        hand = rows.entries()
        continue
      }
      const [key, row] = next.value
      if (deps.isSuspect(row, now)) continue
      rows.delete(key)
      return true
    }
    return false
  }

  return {
    get: (key) => rows.get(key),
    open: (key, now) => {
      const known = rows.get(key)
      if (known !== undefined) return known
      if (rows.size >= deps.most && !makeRoom(now)) return undefined
      const row = deps.make()
      rows.set(key, row)
      return row
    },
    delete: (key) => rows.delete(key),
    size: () => rows.size,
  }
}
