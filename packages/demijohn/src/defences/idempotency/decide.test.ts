import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decideIdempotency, type IdempotencyVerdict, isFinal, type KnownRequest } from './decide.ts'

const at = Date.UTC(2026, 0, 1)
const minute = 60_000
const day = 1_440 * minute
const running: KnownRequest = {
  fingerprint: 'f',
  state: 'running',
  isKept: false,
  createdAt: at,
  expiresAt: at + day,
}
const finished: KnownRequest = { ...running, state: 'finished', isKept: true }

type Case = {
  readonly name: string
  readonly known?: KnownRequest
  readonly fingerprint?: string
  readonly after?: number
  readonly want: IdempotencyVerdict
}
const cases: readonly Case[] = [
  { name: 'a key that was not used', want: 'run' },
  { name: 'one that is at work', known: running, after: minute - 1, want: 'in-progress' },
  { name: 'one that was left behind', known: running, after: minute, want: 'outcome-unknown' },
  { name: 'the same for a day', known: running, after: day - 1, want: 'outcome-unknown' },
  { name: 'and is then forgotten', known: running, after: day, want: 'run' },
  { name: 'one that is done', known: finished, want: 'replay' },
  { name: 'the same for a day', known: finished, after: day - 1, want: 'replay' },
  { name: 'and is then forgotten', known: finished, after: day, want: 'run' },
  {
    name: 'one whose answer is not there',
    known: { ...finished, isKept: false },
    want: 'outcome-unknown',
  },
  { name: 'another request, at work', known: running, fingerprint: 'g', want: 'mismatch' },
  { name: 'another request, done', known: finished, fingerprint: 'g', want: 'mismatch' },
  { name: 'another one after a day', known: finished, fingerprint: 'g', after: day, want: 'run' },
  { name: 'a clock that was set back', known: running, after: -day, want: 'in-progress' },
]
for (const { name, known, fingerprint = 'f', after = 0, want } of cases) {
  test(`idempotency: ${name}: ${want}`, () => {
    assert.equal(decideIdempotency(known, fingerprint, at + after), want)
  })
}

test('[asvs 16.5.3] idempotency: while a key is known, nothing makes its request run again', () => {
  const known = fc.record({
    fingerprint: fc.constantFrom('f', 'g'),
    state: fc.constantFrom('running' as const, 'finished' as const),
    isKept: fc.boolean(),
    createdAt: fc.integer(),
    expiresAt: fc.integer(),
  })
  const property = fc.property(known, fc.integer(), (row, now) => {
    assert.equal(decideIdempotency(row, 'f', now) === 'run', row.expiresAt <= now)
  })
  fc.assert(property, { numRuns: 5_000 })
})

test('idempotency: what was refused or broke may be tried again, what was done not', () => {
  for (const status of [200, 201, 202, 204, 206, 303]) assert.equal(isFinal(status), true)
  for (const status of [400, 401, 409, 412, 422, 429, 500, 503]) {
    assert.equal(isFinal(status), false)
  }
})
