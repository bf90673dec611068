/** Outside issuers of a project: their keys, fetched over the one network connection that this opens. */
import type { Clock } from '../core/clock.ts'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { createRemoteKeys, type FetchKeys } from '../defences/tokens/remoteKeys.ts'
import { createOutsideReader, type OutsideIssuer } from '../defences/tokens/store/outside.ts'
import type { Database, OutsideReader } from '../defences/tokens/store/parts.ts'
import type { Log } from '../watch/log.ts'

/** Bounded by `remoteKeys.ts`: five seconds, 64 KiB, no redirect, every 30 seconds at most. */
const overTheNetwork: FetchKeys = (url, init) => fetch(url, init)

export function outsideReaders(
  issuers: readonly OutsideIssuer[],
  deps: {
    readonly db: Database
    readonly clock: Clock
    readonly log: Log
    readonly secondFactorRoles: ReadonlySet<string>
    /** The site's own, under which no other may sign. */
    readonly own: string
  },
): readonly OutsideReader[] {
  const { clock, log, own } = deps
  if (issuers.some(({ issuer }) => issuer === own)) {
    throw new Misconfiguration([`outsideIssuers: ${own} is this site; name another issuer`])
  }
  return issuers.map((issuer) => {
    const { jwksUri: url, algorithms } = issuer
    const keys = createRemoteKeys({
      ...{ url, algorithms, clock, fetch: overTheNetwork },
      onProblem: (problem) =>
        log.info('the keys of an outside issuer could not be read', {
          issuer: issuer.issuer,
          problem,
        }),
    })
    return createOutsideReader({ ...deps, issuer, keys })
  })
}
