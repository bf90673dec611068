/** Puts the sentinel together from what a project says and what it runs on. */
import type { Random } from '../core/bytes.ts'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { type BanStore, memoryBanStore } from '../defences/sentinel/bans.ts'
import { sentinelOptions } from '../defences/sentinel/options.ts'
import { createPrints } from '../defences/sentinel/prints.ts'
import { createSentinel, type SentinelEvent } from '../defences/sentinel/sentinel.ts'
import { assetPrefix } from '../pipeline/assetRoutes.ts'
import type { RouteTable } from '../pipeline/compile.ts'
import type { SentinelParts } from '../pipeline/steps/sentinel.ts'
import type { EventFacts, Log } from '../watch/log.ts'
import { parseTarget } from '../web/canonicalPath.ts'
import { isWithin, type TrustedNetworks } from '../web/client.ts'
import type { Project, Surroundings } from './application.ts'
import { mostBans } from './bans.ts'
import { loopback } from './connections.ts'

export type SentinelSettings = {
  /** Networks that are never slowed, challenged or banned: an office, a monitor, a load test. */
  readonly allowed?: TrustedNetworks
  /** Bans that several processes share; in this process's memory when left out. */
  readonly bans?: BanStore
}

export function sentinelParts(
  { signInPath = '/login', honeyPaths = [], sentinel: given }: Project,
  { log, subkeys, sentinel: settings = {} }: Surroundings,
  random: Random,
): SentinelParts {
  const options = sentinelOptions(given)
  const memory = { mostBans, memoryMilliseconds: options.banMemoryMilliseconds }
  // Where a proxy on this machine is missing in TRUSTED_PROXIES, everybody seems to come from here:
  // then nobody is told apart, and one attacker must not shut the site for all.
  const allowed = [...loopback, ...(settings.allowed ?? [])]
  const sentinel = createSentinel({
    options,
    bans: settings.bans ?? memoryBanStore(memory),
    keys: subkeys('challenge'),
    isAllowListed: (address) => isWithin(address, allowed),
    report: (event) => log.event('excess_rate_limit_exceeded', factsOf(event, log)),
  })
  settings.bans?.whenLifted?.((client) => sentinel.forget(client))
  return Object.freeze({
    ...{ sentinel, prints: createPrints(random), assetPrefix: `${assetPrefix}/` },
    signInPaths: new Set([signInPath]),
    honeyPaths: new Set(honeyPaths),
  })
}

/**
 * A trap that is a page would call its readers attackers, and one in another spelling than the
 * canonical path is never asked for.
 * @throws Misconfiguration naming each.
 */
export function refuseHoneyPaths(paths: readonly string[], table: RouteTable): void {
  const problems = paths.flatMap((path) => {
    const target = parseTarget(path)
    if (typeof target === 'string' || target.path !== path) {
      return [`honeyPaths: ${JSON.stringify(path)} is no plain path; write it as /name/name`]
    }
    const isTaken = path === '/' || table.match('GET', path) !== undefined
    return isTaken ? [`honeyPaths: ${path} is a page of the site; name a path without a route`] : []
  })
  if (problems.length > 0) throw new Misconfiguration(problems)
}

function factsOf(event: SentinelEvent, log: Log): EventFacts {
  switch (event.kind) {
    case 'banned': {
      const { client, until, earlier, evidence } = event.ban
      const { detector, threat, counts } = evidence
      return { sentinel: 'banned', client, until, earlier, detector, threat, ...counts }
    }
    case 'climbed': {
      const { level, detector, threat, counts } = event.finding
      return { sentinel: level, client: event.client, detector, threat, ...counts }
    }
    case 'sign-in guarded': {
      const { detector, counts } = event.attack
      return { sentinel: 'sign-in guarded', until: event.until, detector, ...counts }
    }
    case 'store failed':
      log.fault('sentinel', event.error)
      return { sentinel: 'store failed' }
  }
}
