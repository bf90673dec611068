import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterTick, atEase, type Strain } from './strain.ts'

/** Ticks that are so late, 50 ms apart beside that; the states after each. */
function run(lates: readonly number[], from: Strain = atEase): readonly boolean[] {
  let state = from
  let at = 0
  return lates.map((late) => {
    at += 50 + late
    state = afterTick(state, { at, late })
    return state.isStrained
  })
}

const times = (late: number, count: number) => Array<number>(count).fill(late)

test('strain: one stall of any length is none, however long it was', () => {
  for (const stall of [101, 1_000, 60_000]) {
    assert.ok(!run([...times(0, 20), stall, ...times(0, 20)]).includes(true), String(stall))
  }
})

test('strain: stalls with ticks on time between them are none', () => {
  assert.ok(!run(Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? 400 : 0))).includes(true))
})

test('strain: it begins when every tick of half a second was late, and not before', () => {
  // 150 ms late, 200 ms apart: the third ends 550 ms after the first was due.
  assert.deepEqual(run(times(150, 4)), [false, false, true, true])
  assert.ok(!run(times(100, 100)).includes(true), 'as late as that is not late')
})

test('strain: it ends when every tick of half a second was on time, and not before', () => {
  const strained: Strain = { isStrained: true, changingSince: undefined }
  const after = run(times(0, 20), strained)
  assert.equal(after.indexOf(false), 10)
  const flapping = Array.from({ length: 200 }, (_, at) => (at % 5 === 0 ? 60 : 0))
  assert.ok(!run(flapping, strained).includes(false))
})

test('strain: it returns as it came', () => {
  const states = run([...times(300, 5), ...times(0, 12), ...times(300, 5)])
  assert.deepEqual(
    states.filter((state, at) => state !== states[at - 1]),
    [false, true, false, true],
  )
})
