import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bodyBudget } from './budget.ts'

const bounds = { maxHeldBytes: 100, maxHeldBytesOfStrangers: 70, maxHeldBytesOfClient: 40 }
const known = { isStranger: false }
const stranger = { isStranger: true }

test('[asvs 15.2.2] budget: no client holds more than its part, and all together no more than all', () => {
  const budget = bodyBudget(bounds)
  const first = budget.open('a', known)
  assert.equal(first.take(40), true)
  assert.equal(budget.open('a', known).take(1), false)
  assert.equal(budget.open('b', known).take(40), true)
  assert.equal(budget.open('c', known).take(21), false)
  assert.equal(budget.open('c', known).take(20), true)
  first.release()
  first.release()
  assert.equal(budget.held(), 60)
  assert.equal(budget.open('a', known).take(40), true)
})

test('[asvs 15.2.2] budget: over any requests it is never exceeded, and in the end nothing is held', () => {
  const step = fc.record({
    client: fc.constantFrom('a', 'b', 'c', 'd'),
    bytes: fc.integer({ min: 0, max: 60 }),
    release: fc.boolean(),
    isStranger: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const budget = bodyBudget(bounds)
      const held = new Map<string, number>()
      let strangers = 0
      const claims = steps.map(({ client, bytes, release, isStranger }) => {
        const claim = budget.open(client, { isStranger })
        const before = budget.held()
        const own = held.get(client) ?? 0
        const hasRoom = !isStranger || strangers + bytes <= 70
        const fits = before + bytes <= 100 && own + bytes <= 40 && hasRoom
        assert.equal(claim.take(bytes), fits)
        assert.equal(budget.held(), before + (fits ? bytes : 0))
        if (release) claim.release()
        else if (fits) {
          held.set(client, own + bytes)
          if (isStranger) strangers += bytes
        }
        return claim
      })
      for (const claim of claims) claim.release()
      assert.equal(budget.held(), 0)
    }),
  )
})

test('[asvs 15.2.2] budget: strangers leave room for people who are known, however many they are', () => {
  const budget = bodyBudget(bounds)
  for (const client of ['a', 'b', 'c', 'd']) budget.open(client, stranger).take(20)
  assert.equal(budget.held(), 60)
  assert.equal(budget.open('e', stranger).take(11), false)
  assert.equal(budget.open('a', known).take(20), true, 'at the very address of one of them')
  assert.equal(budget.open('f', known).take(20), true)
})
