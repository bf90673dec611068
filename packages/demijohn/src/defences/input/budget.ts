/**
 * How many bytes of bodies may be in memory at once, over all requests.
 *
 * Stops many uploads, each within its own limit, from filling the memory together; slow ones stay
 * longest (advisories: multer, @adonisjs/bodyparser). Bytes are claimed as they arrive, not as they are
 * announced: who announces much and sends nothing holds nothing. No client may hold more than its part.
 * ASVS 15.2.2.
 *
 * Counts the bytes as they came; what a handler makes of them is its own.
 */

const maxHeldBytes = 64 * 1024 * 1024
const maxHeldBytesOfClient = 8 * 1024 * 1024

export type BodyClaim = {
  /** False: there is no room for so many more, and nothing was added. */
  readonly take: (bytes: number) => boolean
  /** Gives everything back. May be called more than once. */
  readonly release: () => void
}

export type BodyBudget = {
  readonly open: (client: string) => BodyClaim
  readonly held: () => number
}

export const bodyBudgetBounds = Object.freeze({ maxHeldBytes, maxHeldBytesOfClient })

export function bodyBudget(bounds = bodyBudgetBounds): BodyBudget {
  let held = 0
  const byClient = new Map<string, number>()

  function add(client: string, bytes: number): void {
    held += bytes
    const own = (byClient.get(client) ?? 0) + bytes
    if (own === 0) byClient.delete(client)
    else byClient.set(client, own)
  }

  return {
    held: () => held,
    open: (client) => {
      let claimed = 0
      return {
        take: (bytes) => {
          const own = (byClient.get(client) ?? 0) + bytes
          if (held + bytes > bounds.maxHeldBytes || own > bounds.maxHeldBytesOfClient) return false
          add(client, bytes)
          claimed += bytes
          return true
        },
        release: () => {
          add(client, -claimed)
          claimed = 0
        },
      }
    },
  }
}
