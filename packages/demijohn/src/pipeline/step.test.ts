import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isRefusal, refuse } from '../core/refusals.ts'
import { begin, type OrderedSteps, type Step } from './step.ts'

type Trace = { readonly trace: string[] }

/** A step that notes its name, and answers at once, or a turn of the loop later. */
function noting(
  name: string,
  how: 'sync' | 'async',
  what: 'gives' | 'refuses' | 'throws' = 'gives',
): Step<Trace, object> {
  const act = () => {
    if (what === 'throws') throw new RangeError(name)
    return what === 'refuses' ? refuse('access.forbidden', { detail: name }) : { [name]: true }
  }
  return {
    name,
    run: (known) => {
      known.trace.push(name)
      return how === 'sync' ? act() : Promise.resolve().then(act)
    },
  }
}

function inOrder(steps: readonly Step<Trace, object>[]): OrderedSteps<Trace, Trace> {
  let path = begin<Trace>()
  for (const step of steps) path = path.step(step)
  return path
}

type Start = { readonly start: number }
type One = { readonly one: number }
type Two = { readonly two: number }

test('steps: run in the order in which they were added, and know what was given before', async () => {
  const path = begin<Start>()
    .step<Start, One>({ name: 'one', run: ({ start }) => ({ one: start + 1 }) })
    .step<One, Two>({ name: 'two', run: async ({ one }) => ({ two: one + 1 }) })
    .step<Start & One & Two, { three: number }>({
      name: 'three',
      run: ({ start, one, two }) => ({ three: start + one + two }),
    })
  const outcome = await path.walk({ start: 1 })
  assert.deepEqual(outcome, { refusal: undefined, known: { start: 1, one: 2, two: 3, three: 6 } })
  assert.deepEqual(path.names, ['one', 'two', 'three'])
})

test('steps: when all answer at once, so does the walk', () => {
  const outcome = inOrder([noting('a', 'sync'), noting('b', 'sync')]).walk({ trace: [] })
  assert.equal(outcome instanceof Promise, false)
})

test('steps: an order that grows leaves the shorter one as it was', () => {
  const short = inOrder([noting('a', 'sync')])
  const long = short.step(noting('b', 'sync'))
  assert.deepEqual(short.names, ['a'])
  assert.deepEqual(long.names, ['a', 'b'])
})

const kind = fc.record({
  how: fc.constantFrom('sync', 'async'),
  what: fc.constantFrom('gives', 'gives', 'gives', 'refuses', 'throws'),
})

test('steps: in any mixture, nothing runs after the first that refuses or throws', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(kind, { minLength: 1, maxLength: 12 }), async (kinds) => {
      const steps = kinds.map(({ how, what }, at) => noting(`step ${at}`, how, what))
      const trace: string[] = []
      const endsAt = kinds.findIndex(({ what }) => what !== 'gives')
      const ran = endsAt === -1 ? steps : steps.slice(0, endsAt + 1)
      const end = kinds[endsAt]?.what ?? 'gives'
      const walking = async () => inOrder(steps).walk({ trace })
      if (end === 'throws') {
        await assert.rejects(walking, new RangeError(`step ${endsAt}`))
      } else {
        const outcome = await walking()
        assert.equal(isRefusal(outcome.refusal), end === 'refuses')
        if (outcome.refusal !== undefined) assert.equal(outcome.at, `step ${endsAt}`)
      }
      assert.deepEqual(
        trace,
        ran.map((step) => step.name),
      )
    }),
    { numRuns: 300 },
  )
})

test('steps: a refusal comes with what was known by then', async () => {
  const outcome = await inOrder([
    noting('a', 'sync'),
    noting('b', 'async', 'refuses'),
    noting('c', 'sync'),
  ]).walk({ trace: [] })
  assert.equal(outcome.refusal?.detail, 'b')
  assert.deepEqual(outcome.known, { trace: ['a', 'b'], a: true })
})

test('steps: what one walk learns is not known to the next', async () => {
  const path = begin<{ readonly first: boolean }>().step<object, object>({
    name: 'once',
    run: (known) => ('seen' in known ? refuse('fault.unexpected') : { seen: true }),
  })
  for (const first of [true, false]) assert.equal((await path.walk({ first })).refusal, undefined)
})
