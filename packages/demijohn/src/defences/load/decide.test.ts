import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideLoad, type LoadFacts } from './decide.ts'

const calm: LoadFacts = {
  ...{ stopping: false, inFlight: 1, strained: false, isHealthCheck: false },
  isStranger: () => true,
}
const said = (facts: Partial<LoadFacts>): string => {
  const decision = decideLoad({ ...calm, ...facts })
  return decision.allowed ? 'in' : decision.reason
}
const known = { isStranger: () => false }

test('load: with room everybody is in, and nobody is asked who they are', () => {
  const isStranger = () => assert.fail('it costs something to know')
  assert.equal(said({ isStranger }), 'in')
  assert.equal(said({ isStranger, inFlight: 750 }), 'in')
})

test('[asvs 15.2.2] load: behind, or short of room, strangers go first', () => {
  for (const tight of [{ strained: true }, { inFlight: 751 }, { inFlight: 1_000 }]) {
    assert.equal(said(tight), 'busy')
    assert.equal(said({ ...tight, ...known }), 'in')
  }
})

test('[asvs 15.2.2] load: without any room nobody is in, but for whoever asks whether it is alive', () => {
  for (const who of [{}, known]) assert.equal(said({ inFlight: 1_001, ...who }), 'busy')
  assert.equal(said({ inFlight: 5_000, strained: true, isHealthCheck: true }), 'in')
})

test('load: a process that stops says so to everybody', () => {
  for (const who of [{}, known, { isHealthCheck: true }, { inFlight: 5_000, strained: true }]) {
    assert.equal(said({ stopping: true, ...who }), 'stopping')
  }
})
