/**
 * How many bytes of bodies may be in memory at once, over all requests.
 *
 * Stops many uploads, each within its own limit, from filling the memory together; slow ones stay
 * longest (advisories: multer, @adonisjs/bodyparser). What strangers hold leaves room for people who are
 * known. Bytes are claimed as they arrive, not as they are
 * announced: who announces much and sends nothing holds nothing. No client may hold more than its part.
 * ASVS 15.2.2.
 *
 * Counts the bytes as they came; what a handler makes of them is its own.
 */

const maxHeldBytes = 64 * 1024 * 1024
const maxHeldBytesOfStrangers = 48 * 1024 * 1024
const maxHeldBytesOfClient = 8 * 1024 * 1024

export type BodyClaim = {
  /** False: there is no room for so many more, and nothing was added. */
  readonly take: (bytes: number) => boolean
  /** Gives everything back. May be called more than once. */
  readonly release: () => void
}

export type BodyBudget = {
  /** `isStranger`: nobody has been told from the request by now. */
  readonly open: (client: string, from: { readonly isStranger: boolean }) => BodyClaim
  readonly held: () => number
}

export const bodyBudgetBounds = Object.freeze({
  maxHeldBytes,
  maxHeldBytesOfStrangers,
  maxHeldBytesOfClient,
})

export function bodyBudget(bounds = bodyBudgetBounds): BodyBudget {
  let held = 0
  let ofStrangers = 0
  const byClient = new Map<string, number>()

  function add(client: string, bytes: number): void {
    held += bytes
    const own = (byClient.get(client) ?? 0) + bytes
    if (own === 0) byClient.delete(client)
    else byClient.set(client, own)
  }

  return {
    held: () => held,
    open: (client, { isStranger }) => {
      let claimed = 0
      const hold = (bytes: number): void => {
        add(client, bytes)
        if (isStranger) ofStrangers += bytes
      }
      return {
        take: (bytes) => {
          const own = (byClient.get(client) ?? 0) + bytes
          if (held + bytes > bounds.maxHeldBytes || own > bounds.maxHeldBytesOfClient) return false
          if (isStranger && ofStrangers + bytes > bounds.maxHeldBytesOfStrangers) return false
          hold(bytes)
          claimed += bytes
          return true
        },
        release: () => {
          hold(-claimed)
          claimed = 0
        },
      }
    },
  }
}
