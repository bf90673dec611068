/** What processes tell each other about bans, as text: written and read strictly, for others write it, too. */
import type { Ban, Evidence } from './bans.ts'
import { longestBanMilliseconds } from './options.ts'

export type BanEntry =
  | { readonly kind: 'placed'; readonly ban: Ban }
  | { readonly kind: 'lifted'; readonly client: string }

export function formatEntry(entry: BanEntry): string {
  return JSON.stringify(entry.kind === 'placed' ? { placed: entry.ban } : { lifted: entry.client })
}

/** Undefined for what is no entry, and for a ban without an end or with one too far away. */
export function parseEntry(text: string): BanEntry | undefined {
  const entry = parseObject(text)
  const { placed, lifted } = entry
  if (isClient(lifted)) return { kind: 'lifted', client: lifted }
  const ban = readBan(placed)
  return ban === undefined ? undefined : { kind: 'placed', ban }
}

type Loose = Readonly<Record<string, unknown>>

function parseObject(text: string): Loose {
  try {
    return looseOf(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

function looseOf(value: unknown): Loose {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {}
}

function readBan(value: unknown): Ban | undefined {
  const { client, from, until, earlier, evidence } = looseOf(value)
  if (!isClient(client) || !isCount(from) || !isCount(until) || !isCount(earlier)) return undefined
  if (until <= from || until - from > longestBanMilliseconds) return undefined
  const read = readEvidence(evidence)
  return read === undefined ? undefined : { client, from, until, earlier, evidence: read }
}

const detectorShape = /^[a-z-]{1,40}$/
const countName = /^[A-Za-z]{1,40}$/

function readEvidence(value: unknown): Evidence | undefined {
  const { detector, threat, counts } = looseOf(value)
  if (typeof detector !== 'string' || !detectorShape.test(detector)) return undefined
  if (typeof threat !== 'string' || threat.length > 20) return undefined
  const numbers = Object.entries(looseOf(counts)).flatMap(([name, count]) =>
    countName.test(name) && typeof count === 'number' ? [[name, count] as const] : [],
  )
  return { detector, threat, counts: Object.fromEntries(numbers) }
}

/** An address or a network, as `clientKey` writes them. */
function isClient(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f.:/]{2,50}$/.test(value)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
