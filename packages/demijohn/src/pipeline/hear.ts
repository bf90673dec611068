/** What the sentinel hears of a request when it is over, and of tries to sign in. */
import type { RefusalCode } from '../core/refusals.ts'
import { isScannerPath, type Signal, signalOfRefusal } from '../defences/sentinel/signals.ts'
import { healthPath } from './assetRoutes.ts'
import type { SentinelParts } from './steps/sentinel.ts'

export type Heard = {
  /** Undefined where nobody can be blamed: a proxy passed it on and does not say for whom. */
  readonly address: string | undefined
  /** UTC milliseconds. */
  readonly now: number
  /** Canonical, or as it was sent where it was refused for what it is; undefined where there is none. */
  readonly path: string | undefined
  /** Without its `?`; empty where there is none. */
  readonly rawQuery: string
  readonly method: string
  readonly status: number
  readonly refusal: RefusalCode | undefined
  /** Whether a route had the path: then what is unknown is an object of it. */
  readonly isMatched: boolean
  /** Whether programs ask there. Called only where it matters. */
  readonly isForPrograms: () => boolean
}

/** Tells the sentinel how a request went. Its own refusals are counted already. */
export function hearRequest(parts: SentinelParts, heard: Heard): void {
  const signal = signalOf(parts, heard)
  if (signal !== undefined) parts.sentinel.hear(signal)
}

function signalOf(parts: SentinelParts, heard: Heard): Signal | undefined {
  const { address, now: at, path, refusal } = heard
  const kind = refusal === undefined ? answeredKind(parts, heard) : refusedKind(heard, refusal)
  if (kind === null || address === undefined) return undefined
  const from = { address, at }
  switch (kind) {
    case 'page.read':
    case 'route.unknown':
    case 'route.scanner':
    case 'honey.path':
    case 'object.missing':
    case 'access.refused':
      if (path === undefined) return undefined
      return {
        ...from,
        kind: kind === 'route.unknown' ? unknownOf(parts, path, heard) : kind,
        target: parts.prints.target(refusal === foreign ? withNames(path, heard.rawQuery) : path),
      }
    default:
      return { ...from, kind }
  }
}

const foreign = 'input.unknown-field'

/**
 * A name in an address that the page does not have is mostly what a mailing or another site has added
 * to a link: the same for all who follow it, and so one thing, not one for each of them.
 */
function refusedKind({ method, isForPrograms }: Heard, refusal: RefusalCode) {
  const isLink = refusal === foreign && method === 'GET'
  if (isLink) return 'route.unknown'
  const kind = signalOfRefusal(refusal)
  // No form of ours sends it, but programs are written by people, who get it wrong first.
  return kind === 'input.foreign' && isForPrograms() ? 'input.refused' : kind
}

/** Names alone: what is behind them is different for each who clicks. */
function withNames(path: string, rawQuery: string): string {
  const names = rawQuery.split('&').map((pair) => pair.split('=', 1)[0])
  return `${path}?${names.join('&')}`
}

/** A page that says that there is none, such as that of a dead link, is a miss whatever its form. */
function answeredKind(
  { assetPrefix }: SentinelParts,
  { method, path, status }: Heard,
): 'page.read' | 'object.missing' | null {
  if (status === 404) return 'object.missing'
  if (method !== 'GET' || status >= 300 || path === undefined) return null
  return path.startsWith(assetPrefix) || path === healthPath ? null : 'page.read'
}

function unknownOf(
  { honeyPaths }: SentinelParts,
  path: string,
  { isMatched, refusal }: Heard,
): 'object.missing' | 'honey.path' | 'route.scanner' | 'route.unknown' {
  if (isMatched && refusal !== foreign) return 'object.missing'
  if (honeyPaths.has(path)) return 'honey.path'
  return isScannerPath(path) ? 'route.scanner' : 'route.unknown'
}

/** What handlers tell the sentinel, for nobody else can know it. */
export type Signals = {
  /** `password` is undefined where none was looked at: a code, a try too many. It is not kept. */
  readonly signInFailed: (facts: {
    readonly emailKey: string
    readonly password: string | undefined
  }) => void
  /** What was asked for was right; a second factor may still be owed. */
  readonly signInSucceeded: (facts: { readonly emailKey: string }) => void
  /** A link, a code or a token came that had been used before. */
  readonly tokenReplayed: () => void
  /** A token that is used in one network came back from another that it had left. */
  readonly tokenFromTwoNetworks: () => void
  /** A field that no person sees was filled in. The library tells of its own. */
  readonly decoyFilled: () => void
}

export function signalsOf(
  { sentinel, prints }: SentinelParts,
  { clientAddress: address, now: at }: { readonly clientAddress: string; readonly now: number },
): Signals {
  return {
    signInFailed: ({ emailKey, password }) =>
      sentinel.hear({
        ...{ kind: 'sign-in.failed', address, at, account: prints.account(emailKey) },
        password: password === undefined ? undefined : prints.password(password, at),
      }),
    signInSucceeded: ({ emailKey }) =>
      sentinel.hear({
        ...{ kind: 'sign-in.succeeded', address, at, account: prints.account(emailKey) },
      }),
    tokenReplayed: () => sentinel.hear({ kind: 'token.replayed', address, at }),
    tokenFromTwoNetworks: () => sentinel.hear({ kind: 'token.two-networks', address, at }),
    decoyFilled: () => sentinel.hear({ kind: 'honey.field', address, at }),
  }
}
