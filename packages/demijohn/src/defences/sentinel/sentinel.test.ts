import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryBanStore } from './bans.ts'
import { zeroBits } from './challenge.ts'
import { sentinelOptions } from './options.ts'
import { createSentinel, type RequestFacts, type SentinelEvent } from './sentinel.ts'
import type { PlainSignal, TargetSignal } from './signals.ts'

const minute = 60_000
const start = Date.UTC(2026, 0, 1)
const attacker = '192.0.2.66'

function fresh(allowListed: readonly string[] = []) {
  const events: SentinelEvent[] = []
  const options = sentinelOptions({ difficultyBits: 8, mostClients: 100 })
  const bans = memoryBanStore({
    mostBans: 1_000,
    memoryMilliseconds: options.banMemoryMilliseconds,
  })
  const sentinel = createSentinel({
    ...{ options, bans, keys: [Buffer.alloc(32, 3)] },
    isAllowListed: (address) => allowListed.includes(address),
    report: (event) => events.push(event),
  })
  let target = 0
  const hear = (kind: TargetSignal | PlainSignal, at = start, address = attacker): void => {
    target += 1
    // Every kind at once: those without a target leave it out of account.
    sentinel.hear({ kind, at, address, target } as Parameters<typeof sentinel.hear>[0])
  }
  const meet = (facts: Partial<RequestFacts> = {}) =>
    sentinel.meet({
      address: attacker,
      now: start,
      isSignIn: false,
      isCheap: false,
      answer: undefined,
      ...facts,
    })
  const fail = (account: number, password: number | undefined, at = start, address = attacker) =>
    sentinel.hear({ kind: 'sign-in.failed', at, address, account, password })
  const work = (address: string, now: number): string => {
    const challenge = sentinel.challengeOf(address, now).work
    for (let counter = 0; ; counter += 1) {
      const answer = `${challenge}.${counter.toString(36)}`
      if (zeroBits(answer) >= 8) return answer
    }
  }
  return { sentinel, bans, events, hear, meet, fail, work }
}

/** Probes until the answer is a ban. */
function banned(site: ReturnType<typeof fresh>, at = start): void {
  for (let probe = 0; probe < 15; probe += 1) site.hear('route.scanner', at)
  assert.equal(site.meet({ now: at }).kind, 'ban')
}

test('sentinel: the response climbs: pass, slow, challenge, ban', () => {
  const site = fresh()
  const kinds: string[] = []
  for (let probe = 0; probe < 15; probe += 1) {
    // Paced as a slowed client may.
    kinds.push(site.meet({ now: start + probe * 1_000 }).kind)
    site.hear('route.scanner', start + probe * 1_000)
  }
  kinds.push(site.meet({ now: start + 15_000 }).kind)
  assert.deepEqual([...new Set(kinds)], ['pass', 'challenge', 'ban'])
  assert.deepEqual(
    site.events.map(({ kind }) => kind),
    ['climbed', 'climbed', 'banned'],
  )
})

test('sentinel: slowed, a client has its burst, then one request a second; waiting always helps', () => {
  const { hear, meet } = fresh()
  for (let probe = 0; probe < 5; probe += 1) hear('route.scanner')
  const kinds = Array.from({ length: 12 }, () => meet().kind)
  assert.deepEqual(kinds, [...Array.from({ length: 10 }, () => 'pass'), 'slow', 'slow'])
  const verdict = meet()
  assert.ok(verdict.kind === 'slow')
  assert.equal(meet({ now: start + verdict.waitMilliseconds }).kind, 'pass')
})

test('[asvs 2.4.1] sentinel: a ban has an end, its evidence, and is longer when it comes again', () => {
  const site = fresh()
  banned(site)
  const [event] = site.events.filter(({ kind }) => kind === 'banned')
  assert.ok(event?.kind === 'banned')
  const { evidence, from, until, client } = event.ban
  assert.equal(client, attacker)
  assert.deepEqual([evidence.detector, evidence.threat], ['scanning', 'OAT-014'])
  assert.equal(evidence.counts.scannerPaths, 15)
  assert.equal(until - from, 10 * minute)
  assert.equal(site.meet({ now: until - 1 }).kind, 'ban')
  assert.equal(site.meet({ now: until }).kind, 'pass')
  // One more slip after its end is one slip.
  site.hear('route.scanner', until)
  assert.equal(site.meet({ now: until }).kind, 'pass')
  const lengths = [10, 60, 360, 1_440, 1_440].map((minutes) => minutes * minute)
  let at = until
  for (const length of lengths.slice(1)) {
    banned(site, at)
    const again = site.bans.find(attacker, at)
    assert.equal((again?.until ?? 0) - at, length)
    at = again?.until ?? 0
  }
})

test('sentinel: a lifted ban is over at once, and nothing is held against the client', () => {
  const site = fresh()
  banned(site)
  assert.equal(site.bans.lift(attacker), true)
  site.sentinel.forget(attacker)
  assert.equal(site.meet().kind, 'pass')
  site.hear('route.scanner')
  assert.equal(site.meet().kind, 'pass')
})

test('sentinel: an allow-listed address is never refused, whatever it does and whoever banned it', () => {
  const site = fresh([attacker])
  for (let probe = 0; probe < 500; probe += 1) site.hear('route.scanner')
  assert.equal(site.meet().kind, 'pass')
  assert.deepEqual(site.events, [])
  for (let account = 0; account < 100; account += 1) site.fail(account, account, start, '192.0.2.7')
  assert.equal(site.meet({ isSignIn: true }).kind, 'pass')
  site.bans.place({
    ...{ client: attacker, from: start, until: start + minute, earlier: 0 },
    evidence: { detector: 'operator', threat: '', counts: {} },
  })
  assert.equal(site.meet().kind, 'pass')
})

test('sentinel: every address of an IPv6 /64 is one client, and the next /64 is another', () => {
  const { hear, meet } = fresh()
  for (let probe = 0; probe < 15; probe += 1) {
    hear('route.scanner', start, `2001:db8:0:1::${(probe * 977).toString(16)}`)
  }
  assert.equal(meet({ address: '2001:db8:0:1:ffff::9' }).kind, 'ban')
  assert.equal(meet({ address: '2001:db8:0:2::1' }).kind, 'pass')
})

test('sentinel: an answer lets a challenged client in for so many requests, then asks again', () => {
  const { hear, meet, work } = fresh()
  for (let probe = 0; probe < 8; probe += 1) hear('route.scanner')
  assert.equal(meet().kind, 'challenge')
  const answer = work(attacker, start)
  assert.equal(meet({ answer, now: start + 500 }).kind, 'pass')
  for (let more = 1; more < 60; more += 1) assert.equal(meet({ now: start + 600 }).kind, 'pass')
  assert.equal(meet({ now: start + 700 }).kind, 'challenge')
  // The same answer buys nothing twice, nor does one that was made before it was used.
  assert.equal(meet({ answer, now: start + 800 }).kind, 'challenge')
})

test('sentinel: static files come through but for a ban, so that the challenge has its script', () => {
  const { hear, meet } = fresh()
  for (let probe = 0; probe < 8; probe += 1) hear('route.scanner')
  assert.equal(meet().kind, 'challenge')
  for (let more = 0; more < 500; more += 1) assert.equal(meet({ isCheap: true }).kind, 'pass')
  for (let probe = 0; probe < 7; probe += 1) hear('route.scanner')
  assert.equal(meet({ isCheap: true }).kind, 'ban')
})

test('sentinel: going on past sixty challenges is a ban, answering one is not', () => {
  const ignoring = fresh()
  for (let probe = 0; probe < 8; probe += 1) ignoring.hear('route.scanner')
  const kinds = Array.from({ length: 70 }, () => ignoring.meet().kind)
  assert.equal(kinds.indexOf('ban'), 59)
  const answering = fresh()
  for (let probe = 0; probe < 8; probe += 1) answering.hear('route.scanner')
  for (let round = 0; round < 5; round += 1) {
    const now = start + round * 1_000
    for (let more = 0; more < 50; more += 1) assert.notEqual(answering.meet({ now }).kind, 'ban')
    const answer = answering.work(attacker, now)
    assert.equal(answering.meet({ now: now + 1, answer }).kind, 'pass')
    while (answering.meet({ now: now + 2 }).kind === 'pass') assert.ok(round < 5)
  }
})

test('[asvs 6.3.1] sentinel: an account that gets in is forgiven, and no other', () => {
  const { sentinel, fail, meet } = fresh()
  for (let account = 0; account < 200; account += 1) {
    fail(account, undefined)
    sentinel.hear({ kind: 'sign-in.succeeded', at: start, address: attacker, account })
  }
  assert.equal(meet().kind, 'pass')
  const own = { kind: 'sign-in.succeeded', at: start, address: '192.0.2.5', account: 999 } as const
  for (let account = 0; account < 30; account += 1) {
    fail(account, undefined, start, '192.0.2.5')
    sentinel.hear(own)
  }
  assert.equal(meet({ address: '192.0.2.5' }).kind, 'ban')
})

test('[asvs 6.3.1] sentinel: one account tried over and over is no stuffing: that is throttled', () => {
  const { fail, meet } = fresh()
  for (let tries = 0; tries < 500; tries += 1) fail(1, tries)
  assert.equal(meet().kind, 'pass')
})

test('[asvs 6.3.1] sentinel: an attack from as many addresses as accounts guards sign-in for all', () => {
  const { fail, meet, work } = fresh()
  for (let n = 0; n < 60; n += 1) fail(n, n, start, `100.64.0.${n}`)
  const honest = '198.51.100.1'
  assert.equal(meet({ address: honest }).kind, 'pass')
  assert.equal(meet({ address: honest, isSignIn: true }).kind, 'challenge')
  // The answer comes with the page of sign-in; the form after it costs what it bought.
  const answer = work(honest, start)
  assert.equal(meet({ address: honest, answer, now: start + 1 }).kind, 'pass')
  assert.equal(meet({ address: honest, isSignIn: true, now: start + 2 }).kind, 'pass')
  assert.equal(meet({ address: honest, isSignIn: true, now: start + 3 }).kind, 'challenge')
  assert.equal(meet({ address: honest, isSignIn: true, now: start + 16 * minute }).kind, 'pass')
})

test('[asvs 6.3.1] sentinel: one password on eight accounts is spraying, wherever it comes from', () => {
  const { fail, meet, events } = fresh()
  for (let n = 0; n < 7; n += 1) fail(n, 42, start, `100.64.1.${n}`)
  assert.equal(meet({ isSignIn: true }).kind, 'pass')
  fail(7, 42, start, '100.64.1.7')
  assert.equal(meet({ isSignIn: true }).kind, 'challenge')
  assert.ok(events.some((event) => event.kind === 'sign-in guarded'))
})

test('sentinel: the same missing page over and over is a broken link, not a search', () => {
  const { sentinel, meet } = fresh()
  for (let n = 0; n < 1_000; n += 1) {
    sentinel.hear({ kind: 'route.unknown', at: start, address: attacker, target: 5 })
  }
  assert.equal(meet().kind, 'pass')
})

test('[asvs 2.4.1] sentinel: noise from any number of addresses does not make it forget a suspect', () => {
  const { sentinel, hear, meet } = fresh()
  for (let probe = 0; probe < 8; probe += 1) hear('route.scanner')
  for (let n = 0; n < 5_000; n += 1) hear('route.unknown', start, `100.${n >> 8}.${n & 255}.1`)
  assert.ok(sentinel.watched() <= 100)
  assert.equal(meet().kind, 'challenge')
})
