import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { issueWait, issueWork, judgeAnswer, zeroBits } from './challenge.ts'
import { sentinelOptions } from './options.ts'

const options = sentinelOptions().challenge
const keys = [Buffer.alloc(32, 1)]
const client = '192.0.2.1'
const now = Date.UTC(2026, 0, 1)
const never = Number.NEGATIVE_INFINITY

function solve(work: string, wanted = true): string {
  const bits = Number(work.split('.')[1])
  for (let counter = 0; ; counter += 1) {
    const answer = `${work}.${counter.toString(36)}`
    const digest = createHash('sha256').update(answer).digest()
    const zeros = Math.clz32(digest.readUInt32BE())
    if (zeros >= bits === wanted) return answer
  }
}

const judged = (
  answer: string,
  facts: Partial<Parameters<typeof judgeAnswer>[2]> = {},
  by = keys,
) => {
  const verdict = judgeAnswer(by, options, { client, answer, now, startedAfter: never, ...facts })
  return verdict.accepted ? 'accepted' : verdict.reason
}
const work = issueWork(keys, { client, now, difficultyBits: 10 })
const answer = solve(work)

test('[asvs 2.4.1] challenge: work is accepted from its client, while it lives', () => {
  assert.equal(judged(answer), 'accepted')
  assert.equal(judged(answer, { now: now + 119_999 }), 'accepted')
  assert.equal(judged(answer, { now: now + 120_000 }), 'expired')
  assert.equal(judged(answer, { now: now - 1 }), 'too-early')
})

test('challenge: without enough work it is none, however often it is tried', () => {
  assert.equal(judged(solve(work, false)), 'no-work')
})

test('challenge: another client, key, moment or difficulty is a forgery', () => {
  assert.equal(judged(answer, { client: '192.0.2.2' }), 'forged')
  assert.equal(judged(answer, {}, [Buffer.alloc(32, 2)]), 'forged')
  const [at = '', , seal = ''] = work.split('.')
  for (const bits of ['0', '1', '9', '11']) {
    assert.equal(judged(solve(`${at}.${bits}.${seal}`)), 'forged')
  }
  const later = (now + 1).toString(36)
  assert.equal(judged(solve(`${later}.10.${seal}`), { now: now + 5 }), 'forged')
})

test('challenge: after a change of keys what is being worked on still counts', () => {
  assert.equal(judged(answer, {}, [Buffer.alloc(32, 9), ...keys]), 'accepted')
})

test('challenge: what was made before the last answer is stale, so none can be kept in stock', () => {
  assert.equal(judged(answer, { startedAfter: now - 1 }), 'accepted')
  assert.equal(judged(answer, { startedAfter: now, now: now + 9 }), 'stale')
})

test('[asvs 2.4.1] challenge: a link to wait for is worth nothing before its time', () => {
  const wait = issueWait(keys, { client, now })
  assert.equal(judged(wait), 'too-early')
  assert.equal(judged(wait, { now: now + 19_999 }), 'too-early')
  assert.equal(judged(wait, { now: now + 20_000 }), 'accepted')
  assert.equal(judged(wait, { now: now + 140_000 }), 'expired')
  assert.equal(judged(wait, { now: now + 20_000, client: '192.0.2.9' }), 'forged')
})

test('challenge: waiting is no work, and work no waiting', () => {
  const [at = '', , seal = ''] = issueWait(keys, { client, now }).split('.')
  assert.equal(judged(solve(`${at}.0.${seal}`)), 'forged')
  assert.equal(judged(`${at}.w.${work.split('.')[2] ?? ''}`, { now: now + 30_000 }), 'forged')
  assert.equal(judged(`${work}`), 'malformed')
  assert.equal(judged(`${issueWait(keys, { client, now })}.1`, { now: now + 30_000 }), 'malformed')
})

test('challenge: any other text is refused, and none throws', () => {
  for (const text of [
    '',
    '.',
    '...',
    'x'.repeat(10_000),
    `${answer} `,
    `${answer}\n`,
    ` ${answer}`,
  ]) {
    assert.equal(judged(text), 'malformed', JSON.stringify(text.slice(0, 80)))
  }
  fc.assert(fc.property(fc.string({ maxLength: 80 }), (text) => judged(text) !== 'accepted'))
  for (let at = 0; at < work.length; at += 1) {
    const changed = `${work.slice(0, at)}${work[at] === 'a' ? 'b' : 'a'}${work.slice(at + 1)}`
    assert.notEqual(judged(`${changed}${answer.slice(work.length)}`), 'accepted')
  }
})

test('challenge: zero bits are counted from the front of SHA-256', () => {
  // FIPS 180-4 test vectors: "abc" is ba78…, the empty text e3b0….
  assert.equal(zeroBits('abc'), 0)
  for (let n = 0; n < 3_000; n += 1) {
    const bits = createHash('sha256').update(String(n)).digest().readUInt32BE()
    assert.equal(zeroBits(String(n)), Math.clz32(bits))
  }
})

test('challenge: the script of the page hashes as SHA-256 does, and finds what is accepted', async () => {
  const file = join(import.meta.dirname, '../../../static/challenge.js')
  const script: {
    readonly firstWord: (text: string) => number
    readonly tryCounters: (challenge: string, from: number, count: number) => string | undefined
  } = await import(pathToFileURL(file).href)
  for (let length = 0; length < 200; length += 1) {
    const text = 'abcdefghijk'.repeat(20).slice(0, length)
    const expected = createHash('sha256').update(text).digest().readUInt32BE()
    assert.equal(script.firstWord(text) >>> 0, expected, String(length))
  }
  const found = script.tryCounters(work, 0, 100_000)
  assert.equal(judged(found ?? ''), 'accepted')
})
