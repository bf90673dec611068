/** The counter that other tests believe has to tell linear work from quadratic. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growth, stepsOf } from './steps.ts'

function linear(size: number): number {
  let sum = 0
  for (let at = 0; at < size; at += 1) sum += at
  return sum
}

function quadratic(size: number): number {
  let sum = 0
  for (let at = 0; at < size; at += 1) sum += linear(at)
  return sum
}

test('steps: every round of a loop is counted, whatever was compiled meanwhile', () => {
  // What the first count compiles on its way is counted too.
  stepsOf(() => linear(1))
  const few = stepsOf(() => linear(1_000))
  const many = stepsOf(() => linear(100_000))
  assert.ok(few >= 1_000 && few < 1_200, `${few}`)
  assert.ok(many >= 100_000 && many < 100_200, `${many}`)
  const again = stepsOf(() => linear(100_000))
  assert.ok(Math.abs(again / many - 1) < 0.01, `${again} the second time`)
})

test('steps: linear work doubles, quadratic work is fourfold', () => {
  assert.ok(Math.abs(growth(linear, 10_000) - 2) < 0.1)
  assert.ok(Math.abs(growth(quadratic, 500) - 4) < 0.1)
})
