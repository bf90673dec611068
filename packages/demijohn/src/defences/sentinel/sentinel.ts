/**
 * The sentinel: hears signals, remembers clients in bounded memory, and says how to meet a request.
 *
 * Stops automated threats that limits alone let through (OWASP Automated Threats OAT-002, 007, 008,
 * 011, 014, 018; ASVS 2.4.1, 6.3.1): what is counted is what no honest client does in number. Answers
 * at once and from memory, so it can stand before everything that costs something.
 *
 * Does not stop a flood (that is for limits and load shedding), nor an attack that is slower than it
 * remembers, nor one from a network that is allow-listed. People behind one address are one client.
 */
import { clientKey } from '../../web/client.ts'
import type { Ban, BanStore } from './bans.ts'
import { type ChallengeKeys, issueWait, issueWork, judgeAnswer } from './challenge.ts'
import {
  addTo,
  applyFailure,
  applySignal,
  applySuccess,
  type ClientCounts,
  newCounts,
  numbersOf,
} from './counts.ts'
import { banLength, type Finding, isSuspicious, judge, takePace } from './decide.ts'
import type { SentinelOptions } from './options.ts'
import type { Signal } from './signals.ts'
import { createSite, type SiteAttack } from './site.ts'
import { boundedTable } from './table.ts'

export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'slow'; readonly waitMilliseconds: number }
  | { readonly kind: 'challenge' }
  | { readonly kind: 'ban'; readonly ban: Ban }

/** What happened, for the log and the trail. Addresses and counts, nothing else. */
export type SentinelEvent =
  | { readonly kind: 'banned'; readonly ban: Ban }
  /** A client is slowed or challenged from now on. */
  | { readonly kind: 'climbed'; readonly client: string; readonly finding: Finding }
  /** Sign-in asks everybody for a challenge until then. */
  | { readonly kind: 'sign-in guarded'; readonly until: number; readonly attack: SiteAttack }
  /** A shared store of bans did not take one; it holds in this process. */
  | { readonly kind: 'store failed'; readonly error: unknown }

export type RequestFacts = {
  readonly address: string
  readonly now: number
  /** A try to sign in: POST to a page of sign-in. */
  readonly isSignIn: boolean
  /** Costs no more than refusing it: a static file. Only a ban keeps it back. */
  readonly isCheap: boolean
  /** What came as the answer to a challenge. */
  readonly answer: string | undefined
}

export type Sentinel = {
  readonly hear: (signal: Signal) => void
  readonly meet: (facts: RequestFacts) => Verdict
  /** What a challenged client is given: something to work on, and a link to wait for. */
  readonly challengeOf: (
    address: string,
    now: number,
  ) => { readonly work: string; readonly wait: string; readonly waitSeconds: number }
  /** Forgets what is counted about a client: call it when a ban is lifted. */
  readonly forget: (client: string) => void
  readonly watched: () => number
}

const pass: Verdict = Object.freeze({ kind: 'pass' })
const challenge: Verdict = Object.freeze({ kind: 'challenge' })

export function createSentinel(deps: {
  readonly options: SentinelOptions
  readonly bans: BanStore
  readonly keys: ChallengeKeys
  readonly isAllowListed: (address: string) => boolean
  readonly report: (event: SentinelEvent) => void
}): Sentinel {
  const { options, bans, keys, report } = deps
  const { thresholds } = options
  const findingOf = (counts: ClientCounts, now: number): Finding | undefined =>
    judge(numbersOf(counts, options, now), thresholds)
  const clients = boundedTable<string, ClientCounts>({
    most: options.mostClients,
    make: newCounts,
    isSuspect: (counts, now) => isSuspicious(numbersOf(counts, options, now), thresholds),
  })
  const site = createSite(options)
  let guardedUntil = Number.NEGATIVE_INFINITY

  function guardSignIn(attack: SiteAttack, at: number): void {
    const wasGuarded = at < guardedUntil
    guardedUntil = at + options.doorMilliseconds
    if (!wasGuarded) report({ kind: 'sign-in guarded', until: guardedUntil, attack })
  }

  function ban(client: string, finding: Finding, now: number): void {
    const earlier = bans.earlier(client, now)
    const { detector, threat, counts } = finding
    const placed: Ban = Object.freeze({
      ...{ client, from: now, until: now + banLength(earlier, options), earlier },
      evidence: Object.freeze({ detector, threat, counts }),
    })
    // Counting begins anew after its end: an old count must not turn one slip into the next ban.
    clients.delete(client)
    report({ kind: 'banned', ban: placed })
    const taken = bans.place(placed)
    if (taken instanceof Promise) taken.catch((error) => report({ kind: 'store failed', error }))
  }

  /** Brings the client's level up to date, and bans where that is what it has come to. */
  function reconsider(client: string, counts: ClientCounts, now: number): void {
    const finding = findingOf(counts, now)
    const before = counts.level
    counts.level = finding?.level ?? 'none'
    if (finding === undefined || counts.level === before) return
    if (finding.level === 'ban') ban(client, finding, now)
    else report({ kind: 'climbed', client, finding })
  }

  function count(counts: ClientCounts | undefined, signal: Signal): void {
    if (signal.kind === 'sign-in.failed') {
      const { isSprayed, attack } = site.failed(signal)
      if (attack !== undefined) guardSignIn(attack, signal.at)
      if (counts !== undefined) applyFailure(counts, { ...signal, isSprayed }, options)
    } else if (signal.kind === 'sign-in.succeeded') {
      site.succeeded(signal.account, signal.at)
      if (counts !== undefined) applySuccess(counts, signal, options)
    } else if (counts !== undefined) applySignal(counts, signal, options)
  }

  function accepts(counts: ClientCounts | undefined, client: string, facts: RequestFacts): boolean {
    const { answer, now } = facts
    if (answer === undefined) return false
    const startedAfter = counts?.answeredAt ?? Number.NEGATIVE_INFINITY
    const asked = { client, answer, now, startedAfter }
    if (!judgeAnswer(keys, options.challenge, asked).accepted) return false
    if (counts === undefined) return true
    const { grantRequests, grantMilliseconds } = options.challenge
    counts.answeredAt = now
    counts.grant = { left: grantRequests, until: now + grantMilliseconds }
    delete counts.sums.ignored
    return true
  }

  /** Lets in whoever has paid, and counts whoever goes on without. */
  function demand(client: string, facts: RequestFacts): Verdict {
    const { now } = facts
    const counts = clients.open(client, now)
    const answered = accepts(counts, client, facts)
    // No room to remember what was paid: this one request, then.
    if (counts === undefined) return answered ? pass : challenge
    const cost = facts.isSignIn ? options.challenge.signInCost : 1
    const { grant } = counts
    if (grant !== undefined && now < grant.until && grant.left >= cost) {
      grant.left -= cost
      return pass
    }
    addTo(counts, 'ignored', 1, options, now)
    reconsider(client, counts, now)
    const placed = bans.find(client, now)
    return placed === undefined ? challenge : { kind: 'ban', ban: placed }
  }

  function slow(client: string, counts: ClientCounts, now: number): Verdict {
    const { onTimeAt, waitMilliseconds } = takePace(counts.onTimeAt, options.pace, now)
    counts.onTimeAt = onTimeAt
    if (waitMilliseconds === 0) return pass
    addTo(counts, 'hasty', 1, options, now)
    reconsider(client, counts, now)
    return { kind: 'slow', waitMilliseconds }
  }

  return {
    hear: (signal) => {
      if (deps.isAllowListed(signal.address)) return
      const client = clientKey(signal.address)
      const counts = clients.open(client, signal.at)
      count(counts, signal)
      if (counts === undefined) return
      counts.reads += 1
      // Reading changes little at a time, and is most of what there is.
      if (signal.kind === 'page.read' && counts.reads % 16 !== 0) return
      reconsider(client, counts, signal.at)
    },
    meet: (facts) => {
      const { address, now } = facts
      const client = clientKey(address)
      const placed = bans.find(client, now)
      const counts = clients.get(client)
      const isGuarded = now < guardedUntil && (facts.isSignIn || facts.answer !== undefined)
      const level = counts?.level ?? 'none'
      if (placed === undefined && level === 'none' && !isGuarded) return pass
      if (deps.isAllowListed(address)) return pass
      if (placed !== undefined) return { kind: 'ban', ban: placed }
      if (facts.isCheap) return pass
      if (counts !== undefined && level !== 'none') {
        const present = findingOf(counts, now)?.level ?? 'none'
        // Only a signal bans. A share can rise by time alone, and is asked for work until then.
        if (present === 'challenge' || present === 'ban') return demand(client, facts)
        counts.level = present
        if (present === 'slow' && !isGuarded) return slow(client, counts, now)
      }
      return isGuarded ? demand(client, facts) : pass
    },
    challengeOf: (address, now) => {
      const client = clientKey(address)
      const { difficultyBits, waitMilliseconds } = options.challenge
      return {
        work: issueWork(keys, { client, now, difficultyBits }),
        wait: issueWait(keys, { client, now }),
        waitSeconds: Math.ceil(waitMilliseconds / 1000),
      }
    },
    forget: (client) => clients.delete(client),
    watched: () => clients.size(),
  }
}
