import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bodyBudget } from './budget.ts'

const bounds = { maxHeldBytes: 100, maxHeldBytesOfClient: 40 }

test('[asvs 15.2.2] budget: no client holds more than its part, and all together no more than all', () => {
  const budget = bodyBudget(bounds)
  const first = budget.open('a')
  assert.equal(first.take(40), true)
  assert.equal(budget.open('a').take(1), false)
  assert.equal(budget.open('b').take(40), true)
  assert.equal(budget.open('c').take(21), false)
  assert.equal(budget.open('c').take(20), true)
  first.release()
  first.release()
  assert.equal(budget.held(), 60)
  assert.equal(budget.open('a').take(40), true)
})

test('[asvs 15.2.2] budget: over any requests it is never exceeded, and in the end nothing is held', () => {
  const step = fc.record({
    client: fc.constantFrom('a', 'b', 'c', 'd'),
    bytes: fc.integer({ min: 0, max: 60 }),
    release: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const budget = bodyBudget(bounds)
      const held = new Map<string, number>()
      const claims = steps.map(({ client, bytes, release }) => {
        const claim = budget.open(client)
        const before = budget.held()
        const own = held.get(client) ?? 0
        const fits = before + bytes <= 100 && own + bytes <= 40
        assert.equal(claim.take(bytes), fits)
        assert.equal(budget.held(), before + (fits ? bytes : 0))
        if (release) claim.release()
        else if (fits) held.set(client, own + bytes)
        return claim
      })
      for (const claim of claims) claim.release()
      assert.equal(budget.held(), 0)
    }),
  )
})
