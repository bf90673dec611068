import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isRefusal, type Refusal } from '../../core/refusals.ts'
import { readBytes } from './body.ts'
import { bodyBudget } from './budget.ts'
import { decodeUtf8 } from './text.ts'

/** Fails where the value is anything but a refusal. */
function refusalOf(value: unknown): Refusal {
  if (!isRefusal(value)) assert.fail('was not refused')
  return value
}

/** Counts what was taken out of it, and tells whether it was told to stop. */
function source(chunks: readonly Uint8Array[]) {
  const state = { taken: 0, destroyed: false }
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const value = chunks[state.taken]
        if (value === undefined) return Promise.resolve({ done: true, value: undefined })
        state.taken += 1
        return Promise.resolve({ done: false, value })
      },
      return: () => {
        state.destroyed = true
        return Promise.resolve({ done: true, value: undefined })
      },
    }),
  }
  return { state, body }
}

/** Room for everything. */
const claim = { take: () => true, release: () => undefined }
const kilobyte = Buffer.alloc(1_024, 'a')

test('body: what fits is read whole, whatever its chunks', async () => {
  const property = fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 20 })), async (chunks) => {
    const whole = Buffer.concat(chunks)
    for (const declaredLength of [undefined, whole.byteLength]) {
      const read = await readBytes(source(chunks).body, {
        maxBytes: whole.byteLength,
        declaredLength,
        claim,
      })
      assert.deepEqual(read, whole)
    }
  })
  await fc.assert(property)
})

test('body: a declared length over the limit is refused before a byte is read', async () => {
  const { state, body } = source([kilobyte])
  const read = await readBytes(body, { maxBytes: 1_023, declaredLength: 1_024, claim })
  assert.equal(refusalOf(read).code, 'body.too-large')
  assert.equal(state.taken, 0)
})

test('body: bytes are counted, whether the length was declared, hidden or a lie', async () => {
  for (const declaredLength of [undefined, 10, 2_048]) {
    const { state, body } = source(Array.from({ length: 100 }, () => kilobyte))
    const read = await readBytes(body, { maxBytes: 2_048, declaredLength, claim })
    assert.equal(refusalOf(read).code, 'body.too-large')
    assert.equal(state.taken, 3)
    assert.equal(state.destroyed, false)
  }
})

test('body: a length that is not the declared one is malformed', async () => {
  for (const declaredLength of [0, 1_023, 1_025]) {
    const read = await readBytes(source([kilobyte]).body, {
      maxBytes: 2_048,
      declaredLength,
      claim,
    })
    assert.equal(refusalOf(read).code, 'body.malformed')
  }
})

test('[asvs 15.2.2] body: where all bodies together take too much, the rest is left unread', async () => {
  const { state, body } = source(Array.from({ length: 100 }, () => kilobyte))
  const budget = bodyBudget({
    ...{ maxHeldBytes: 3_000, maxHeldBytesOfStrangers: 3_000, maxHeldBytesOfClient: 3_000 },
  })
  const limits = { maxBytes: 200_000, declaredLength: undefined }
  const read = await readBytes(body, { ...limits, claim: budget.open('x', { isStranger: true }) })
  const refusal = refusalOf(read)
  assert.equal(refusal.code, 'server.busy')
  assert.equal(refusal.headers['Retry-After'], '5')
  assert.equal(state.taken, 3)
  assert.equal(state.destroyed, false)
})

test('body: a stream that breaks off is malformed', async () => {
  async function* breaking(): AsyncGenerator<Uint8Array> {
    yield kilobyte
    throw new Error('aborted')
  }
  const read = await readBytes(breaking(), { maxBytes: 2_048, declaredLength: undefined, claim })
  assert.equal(refusalOf(read).code, 'body.malformed')
})

test('text: UTF-8 is read as TextDecoder reads it, and refused where that throws', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const byte = fc.constantFrom(
    0x41,
    0x80,
    0xbf,
    0xc0,
    0xc3,
    0xe0,
    0xa0,
    0xed,
    0xef,
    0xbb,
    0xf0,
    0x90,
    0xf4,
    0xff,
  )
  const bytes = fc.array(byte, { maxLength: 6 }).map((all) => Buffer.from(all))
  const property = fc.property(bytes, (input) => {
    const text = decodeUtf8(input)
    if (typeof text === 'string') assert.equal(text, decoder.decode(input))
    else if (!input.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))) {
      assert.throws(() => decoder.decode(input), TypeError)
    }
  })
  fc.assert(property, { numRuns: 5_000 })
})

test('text: a byte order mark is refused at the beginning only', () => {
  assert.equal(refusalOf(decodeUtf8(Buffer.from('\ufeffa'))).code, 'body.malformed')
  assert.equal(decodeUtf8(Buffer.from('a\ufeff')), 'a\ufeff')
  assert.equal(decodeUtf8(Buffer.from('')), '')
})
