/** Runs visits through the sentinel by a simulated clock, and counts what came of them. */
import assert from 'node:assert/strict'
import { refusalTable } from '../../src/core/refusals.ts'
import { memoryBanStore } from '../../src/defences/sentinel/bans.ts'
import { zeroBits } from '../../src/defences/sentinel/challenge.ts'
import { sentinelOptions } from '../../src/defences/sentinel/options.ts'
import { createPrints, type Prints } from '../../src/defences/sentinel/prints.ts'
import {
  createSentinel,
  type Sentinel,
  type SentinelEvent,
} from '../../src/defences/sentinel/sentinel.ts'
import { hearRequest, signalsOf } from '../../src/pipeline/hear.ts'
import { dice } from './dice.ts'
import type { Visit } from './world.ts'

export type Tally = {
  requests: number
  letThrough: number
  slowed: number
  challenged: number
  banned: number
  /** Let through before the first that was not. */
  beforeDetection: number | undefined
  detectedAt: number | undefined
}

export type Outcome = {
  readonly of: ReadonlyMap<string, Tally>
  readonly events: readonly SentinelEvent[]
}

export function run(seed: number, visits: readonly Visit[]): Outcome {
  const chance = dice(seed)
  const random = (length: number): Buffer =>
    Buffer.from(Array.from({ length }, () => chance.between(0, 255)))
  const prints = createPrints(random)
  const events: SentinelEvent[] = []
  // The least work that is allowed: what is simulated is who does it.
  const options = sentinelOptions({ difficultyBits: 8 })
  const sentinel = createSentinel({
    options,
    bans: memoryBanStore({ mostBans: 10_000, memoryMilliseconds: options.banMemoryMilliseconds }),
    keys: [random(32)],
    isAllowListed: () => false,
    report: (event) => events.push(event),
  })
  const of = new Map<string, Tally>()
  const queue = agenda(visits)
  for (let next = queue.take(); next !== undefined; next = queue.take()) {
    const { visit, answer, rounds } = next
    const tally = of.get(visit.who) ?? newTally()
    of.set(visit.who, tally)
    const isSignIn = visit.act.kind === 'sign in'
    const facts = { address: visit.address, now: visit.at, isSignIn, isCheap: false, answer }
    const verdict = sentinel.meet(facts)
    record(tally, verdict.kind, visit.at)
    if (verdict.kind === 'pass') {
      report(sentinel, visit, prints)
    } else if (verdict.kind === 'challenge' && visit.answers !== 'never' && rounds < mostRounds) {
      const { after, answer } = answerOf(sentinel, visit)
      queue.add({ visit: { ...visit, at: visit.at + after }, answer, rounds: rounds + 1 })
    }
  }
  return { of, events }
}

const newTally = (): Tally => ({
  ...{ requests: 0, letThrough: 0, slowed: 0, challenged: 0, banned: 0 },
  ...{ beforeDetection: undefined, detectedAt: undefined },
})

function record(tally: Tally, kind: 'pass' | 'slow' | 'challenge' | 'ban', at: number): void {
  tally.requests += 1
  if (kind === 'pass') tally.letThrough += 1
  else {
    tally.beforeDetection ??= tally.letThrough
    tally.detectedAt ??= at
  }
  if (kind === 'slow') tally.slowed += 1
  if (kind === 'challenge') tally.challenged += 1
  if (kind === 'ban') tally.banned += 1
}

/** Says to the sentinel what the pipeline and its handlers would. */
function report(sentinel: Sentinel, { address, at: now, act }: Visit, prints: Prints): void {
  const signInPaths = new Set(['/login'])
  const parts = { sentinel, prints, signInPaths, assetPrefix: '/static/', honeyPaths: new Set('') }
  const request = {
    address,
    now,
    method: 'GET',
    rawQuery: '',
    isForPrograms: () => false,
    isMatched: true,
  }
  const signals = signalsOf(parts, { clientAddress: address, now })
  switch (act.kind) {
    case 'read':
      hearRequest(parts, { ...request, path: act.path, status: 200, refusal: undefined })
      break
    case 'sign in':
      if (act.right) signals.signInSucceeded({ emailKey: act.account })
      else signals.signInFailed({ emailKey: act.account, password: act.password })
      break
    case 'refused': {
      const [path = '', rawQuery = ''] = act.path.split('?')
      const isMatched = act.code !== 'route.unknown'
      const { status } = refusalTable[act.code]
      const refused = { ...request, path, rawQuery, isMatched, status, refusal: act.code }
      hearRequest(parts, refused)
      break
    }
    case 'token.replayed':
      signals.tokenReplayed()
      break
    case 'honey.field':
      signals.decoyFilled()
      break
    case 'token.two-networks':
      signals.tokenFromTwoNetworks()
  }
}

function answerOf(
  sentinel: Sentinel,
  visit: Visit,
): { readonly after: number; readonly answer: string } {
  const { work, wait, waitSeconds } = sentinel.challengeOf(visit.address, visit.at)
  if (visit.answers === 'wait') return { after: waitSeconds * 1_000 + 1_500, answer: wait }
  const bits = Number(work.split('.')[1])
  for (let counter = 0; ; counter += 1) {
    assert.ok(counter < 1_000_000, 'no answer was found')
    const answer = `${work}.${counter.toString(36)}`
    if (zeroBits(answer) >= bits) return { after: 800, answer }
  }
}

/** Where many answer at once from one address, what the first one bought may be used up: again, then. */
const mostRounds = 4

type Entry = {
  readonly visit: Visit
  readonly answer: string | undefined
  readonly rounds: number
}

/** Visits in the order of time, into which answers are put on the way. */
function agenda(visits: readonly Visit[]): {
  readonly take: () => Entry | undefined
  readonly add: (entry: Entry) => void
} {
  let at = 0
  const added: Entry[] = []
  return {
    take: () => {
      const planned = visits[at]
      const first = added[0]
      if (first !== undefined && (planned === undefined || first.visit.at <= planned.at)) {
        return added.shift()
      }
      at += 1
      return planned === undefined ? undefined : { visit: planned, answer: undefined, rounds: 0 }
    },
    add: (entry) => {
      const place = added.findIndex(({ visit }) => visit.at > entry.visit.at)
      added.splice(place === -1 ? added.length : place, 0, entry)
    },
  }
}
