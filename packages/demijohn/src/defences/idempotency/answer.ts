/** An answer as it is kept: its status, a few of its fields and its body, sealed for its row. */
import { readJson } from '../../core/json.ts'

/** As `core/seal.ts` does it, under a key for this purpose alone. */
export type Sealing = {
  readonly seal: (id: string, text: string) => string
  /** undefined where it was not sealed for that id with one of our keys. */
  readonly unseal: (id: string, sealed: string) => string | undefined
}

export type KeptAnswer = {
  readonly status: number
  /** By lower-case name. Only `location`, `etag` and `content-type` are kept. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** All others are made anew with each answer, or belong to the first one: request id, limits. */
const keptHeaders: ReadonlySet<string> = new Set(['location', 'etag', 'content-type'])

/** In UTF-8. Whoever answers with more has to look the effect up. */
const maxKeptBytes = 65_536

/** null for an answer that is too large to keep. */
export function packAnswer(
  sealing: Sealing,
  key: string,
  { status, headers, body }: KeptAnswer,
): string | null {
  if (Buffer.byteLength(body) > maxKeptBytes) return null
  const kept = Object.entries(headers).filter(([name]) => keptHeaders.has(name))
  return sealing.seal(key, JSON.stringify([status, body, ...kept]))
}

/** undefined where nothing was kept, or it does not open with the keys that we have now. */
export function unpackAnswer(
  sealing: Sealing,
  row: { readonly key: string; readonly answer: string | null },
): KeptAnswer | undefined {
  if (row.answer === null) return undefined
  const text = sealing.unseal(row.key, row.answer)
  const read = text === undefined ? undefined : readJson(text)
  if (read === undefined || read.problem !== undefined || !Array.isArray(read.value))
    return undefined
  const [status, body, ...kept]: readonly unknown[] = read.value
  if (typeof status !== 'number' || typeof body !== 'string') return undefined
  return { status, body, headers: Object.fromEntries(kept.filter(isPair)) }
}

function isPair(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === 'string')
}
