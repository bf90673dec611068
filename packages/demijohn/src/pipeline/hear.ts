/** What the sentinel hears of a request when it is over, and of tries to sign in. */
import type { RefusalCode } from '../core/refusals.ts'
import { isScannerPath, type Signal, signalOfRefusal } from '../defences/sentinel/signals.ts'
import type { SentinelParts } from './steps/sentinel.ts'

export type Heard = {
  readonly address: string
  /** UTC milliseconds. */
  readonly now: number
  /** Canonical; undefined where the walk ended before there was one. */
  readonly path: string | undefined
  readonly method: string
  readonly refusal: RefusalCode | undefined
  /** Whether a route had the path: then what is unknown is an object of it. */
  readonly isMatched: boolean
}

/** Tells the sentinel how a request went. Its own refusals are counted already. */
export function hearRequest(parts: SentinelParts, heard: Heard): void {
  const signal = signalOf(parts, heard)
  if (signal !== undefined) parts.sentinel.hear(signal)
}

function signalOf(parts: SentinelParts, heard: Heard): Signal | undefined {
  const { address, now: at, path, refusal } = heard
  const kind = refusal === undefined ? readOf(parts, heard) : signalOfRefusal(refusal)
  if (kind === null) return undefined
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
        kind: kind === 'route.unknown' ? unknownOf(parts, path, heard.isMatched) : kind,
        target: parts.prints.target(path),
      }
    default:
      return { ...from, kind }
  }
}

function readOf({ assetPrefix }: SentinelParts, { method, path }: Heard): 'page.read' | null {
  const isPage = method === 'GET' && path?.startsWith(assetPrefix) === false
  return isPage ? 'page.read' : null
}

function unknownOf(
  { honeyPaths }: SentinelParts,
  path: string,
  isMatched: boolean,
): 'object.missing' | 'honey.path' | 'route.scanner' | 'route.unknown' {
  if (isMatched) return 'object.missing'
  if (honeyPaths.has(path)) return 'honey.path'
  return isScannerPath(path) ? 'route.scanner' : 'route.unknown'
}

/** What a blueprint that signs people in tells the sentinel: one or the other, for each try. */
export type SignInSignals = {
  /** `password` is undefined where none was asked for: a code, a link. It is not kept. */
  readonly failed: (facts: {
    readonly address: string
    readonly emailKey: string
    readonly password: string | undefined
    readonly now: number
  }) => void
  readonly succeeded: (facts: {
    readonly address: string
    readonly emailKey: string
    readonly now: number
  }) => void
}

export function signInSignals({ sentinel, prints }: SentinelParts): SignInSignals {
  return Object.freeze({
    failed: ({ address, emailKey, password, now: at }) =>
      sentinel.hear({
        ...{ kind: 'sign-in.failed', address, at, account: prints.account(emailKey) },
        password: password === undefined ? undefined : prints.password(password, at),
      }),
    succeeded: ({ address, emailKey, now: at }) =>
      sentinel.hear({
        ...{ kind: 'sign-in.succeeded', address, at, account: prints.account(emailKey) },
      }),
  } satisfies SignInSignals)
}
