/** The site that is simulated, as a request sees it, and what somebody may do there. */
import type { RefusalCode } from '../../src/core/refusals.ts'
import type { Dice } from './dice.ts'

export type Act =
  | { readonly kind: 'read'; readonly path: string }
  /** Asks for something that is answered by this refusal. */
  | { readonly kind: 'refused'; readonly path: string; readonly code: RefusalCode }
  | {
      readonly kind: 'sign in'
      readonly account: string
      readonly password: string
      readonly right: boolean
    }
  | { readonly kind: 'token.replayed' | 'token.two-networks' | 'honey.field' }

export type Visit = {
  readonly at: number
  readonly address: string
  readonly act: Act
  /** What this visitor does about a challenge: solves it, waits, or goes on as before. */
  readonly answers: 'work' | 'wait' | 'never'
  /** `person`, or the attack that it belongs to. */
  readonly who: string
}

export const hour = 3_600_000
export const startOfHour = Date.UTC(2026, 0, 5, 9)

/** Two thousand pages, of which few are read by most: Zipf's law, as web traffic has it. */
const pages = 2_000
const upTo: number[] = []
for (let rank = 1, sum = 0; rank <= pages; rank += 1) {
  sum += 1 / rank
  upTo.push(sum)
}

export function popularPage(chance: Dice): string {
  const wanted = chance.next() * (upTo.at(-1) ?? 0)
  let low = 0
  let high = pages - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((upTo[middle] ?? 0) < wanted) low = middle + 1
    else high = middle
  }
  return `/posts/${low}`
}

/** Where the site's pages were before it moved: some of them look as scanners' targets do. */
export function oldBookmark(chance: Dice): string {
  const suffix = chance.pick(['', '.html', '.php', '.aspx'])
  return `/archive/${chance.between(1, 60)}${suffix}`
}

export const missing = (path: string): Act => ({ kind: 'refused', path, code: 'route.unknown' })
