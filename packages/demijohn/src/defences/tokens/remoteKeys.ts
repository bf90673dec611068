/**
 * The public keys of an outside issuer, read from the one address that the project names.
 *
 * Stops a token from saying where its keys are (ASVS 9.1.3), an answer without end, a flood of
 * unknown key ids from becoming a flood of requests to the issuer, and keys of an issuer that has
 * been silent for long from counting for ever. Opens no socket: `fetch` is passed in.
 */
import type { Clock } from '../../core/clock.ts'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import type { AsymmetricAlgorithm } from './algorithms.ts'
import { readJson } from './json.ts'
import { type KeyOf, type KeySet, readKeySet } from './keySet.ts'
import { type Rejected, type RemoteProblem, rejected } from './problems.ts'

/** The part of the platform's `fetch` that is used. */
export type FetchKeys = (
  url: string,
  init: {
    readonly redirect: 'error'
    readonly signal: AbortSignal
    readonly headers: Readonly<Record<string, string>>
  },
) => Promise<Pick<Response, 'status' | 'body'>>

export type RemoteKeysOptions = {
  /** https; http for this machine alone. */
  readonly url: string
  readonly fetch: FetchKeys
  readonly clock: Clock
  readonly algorithms: readonly AsymmetricAlgorithm[]
  /** For the log. Never has a key or a token in it. */
  readonly onProblem: (problem: RemoteProblem) => void
  /** How long keys count beyond their 10 minutes while the issuer does not answer. */
  readonly staleMinutes?: number
}

export type RemoteKeys = {
  /** From what is known now; after 10 minutes and `staleMinutes` nothing is. */
  readonly keyOf: KeyOf
  /** A promise where the keys are over 10 minutes old and a try is due; undefined where not. */
  readonly refreshIfDue: () => Promise<void> | undefined
  /** After an unknown key: reads anew, at most every 30 seconds. True if it was read. */
  readonly refreshForUnknown: () => Promise<boolean>
}

const freshMilliseconds = 10 * 60_000
const cooldownMilliseconds = 30_000
const timeoutMilliseconds = 5_000
const mostBytes = 64 * 1024
const defaultStaleMinutes = 60
const mostStaleMinutes = 24 * 60

export function createRemoteKeys(options: RemoteKeysOptions): RemoteKeys {
  const { clock, staleMinutes = defaultStaleMinutes } = options
  checkOptions(options.url, staleMinutes)
  let known: { readonly set: KeySet; readonly at: number } | undefined
  let triedAt: number | undefined
  let running: Promise<boolean> | undefined

  /** A clock that was set back makes nothing younger. */
  const isWithin = (at: number | undefined, milliseconds: number): boolean => {
    const age = at === undefined ? Number.NaN : clock.now() - at
    return age >= 0 && age < milliseconds
  }

  const read = async (): Promise<boolean> => {
    triedAt = clock.now()
    const set = await fetchSet(options)
    if (!set.ok) {
      options.onProblem(set.problem)
      return false
    }
    known = { set, at: clock.now() }
    return true
  }

  /** One at a time: whoever comes meanwhile waits for the same answer. */
  const refresh = (): Promise<boolean> | undefined => {
    if (running !== undefined) return running
    if (isWithin(triedAt, cooldownMilliseconds)) return undefined
    running = read().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    keyOf(kid, alg) {
      const usable = isWithin(known?.at, freshMilliseconds + staleMinutes * 60_000)
      return usable ? known?.set.keyOf(kid, alg) : undefined
    },
    refreshIfDue() {
      if (isWithin(known?.at, freshMilliseconds)) return undefined
      return refresh()?.then(() => undefined)
    },
    refreshForUnknown: async () => (await refresh()) ?? false,
  }
}

function checkOptions(url: string, staleMinutes: number): void {
  const problems: string[] = []
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(parsed?.hostname ?? '')
  if (parsed?.protocol !== 'https:' && !(parsed?.protocol === 'http:' && isLocal)) {
    problems.push('the address of an outside key set has to be https')
  }
  if (parsed !== undefined && (parsed.username !== '' || parsed.password !== '')) {
    problems.push('the address of an outside key set has no name or password in it')
  }
  if (!Number.isInteger(staleMinutes) || staleMinutes < 0 || staleMinutes > mostStaleMinutes) {
    problems.push(`staleMinutes has to be a whole number from 0 to ${mostStaleMinutes}`)
  }
  if (problems.length > 0) throw new Misconfiguration(problems)
}

async function fetchSet({
  url,
  fetch,
  algorithms,
}: RemoteKeysOptions): Promise<KeySet | Rejected<RemoteProblem>> {
  try {
    const { status, body } = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMilliseconds),
      headers: { accept: 'application/jwk-set+json, application/json' },
    })
    if (status !== 200) {
      await body?.cancel()
      return rejected('status')
    }
    const bytes = await readBounded(body)
    if (bytes === undefined) return rejected('too-long')
    const jwks = readJson(bytes)
    return jwks === undefined ? rejected('not-json') : readKeySet(jwks, { allowed: algorithms })
  } catch (error) {
    // What `fetch` throws for a network that fails, a time that is over, a redirect.
    if (error instanceof Error) return rejected('unreachable')
    throw error
  }
}

/** Leaving the loop cancels the rest. */
async function readBounded(body: Response['body']): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.byteLength
    if (length > mostBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
