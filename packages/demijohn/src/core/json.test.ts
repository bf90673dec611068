import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Characters, countNames, jsonLimits, readJson } from './json.ts'

/** Every value of JSON without what is refused on purpose. */
const values = fc
  .jsonValue({ maxDepth: 6, stringUnit: 'grapheme' })
  .filter((value) => !/"(?:__proto__|constructor|prototype)"/.test(JSON.stringify(value)))

const layouts = fc.constantFrom(0, 1, '\t', ' \n')

test('[asvs 1.5.3] json: reads what JSON.parse reads, as it reads it', () => {
  const property = fc.property(values, layouts, (value, layout) => {
    const text = JSON.stringify(value, null, layout)
    assert.deepEqual(readJson(text), { value: JSON.parse(text) })
  })
  fc.assert(property, { numRuns: 2_000 })
})

/** Text made of the pieces that the counting looks at, most of it no JSON. */
const pieces = fc.constantFrom(
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\"', '"a"', '"b"', '"\\u0061"', '"{"', '":,"'],
  ...['"\\\\"', '1', 'null', ' ', '\n', '"a":1', '{"a":{}}', '[1,2]', '-', '1e999', '\u2028', '\0'],
)
const texts = fc.array(pieces, { maxLength: 24 }).map((all) => all.join(''))

/** By a reader of its own: JSON.parse tells its reviver of every member that is left in the end. */
function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    assert.ok(error instanceof SyntaxError)
    return undefined
  }
}

test('json: whatever the text, never throws, and takes nothing that JSON.parse refuses', () => {
  let taken = 0
  const property = fc.property(fc.oneof(texts, fc.string({ unit: 'binary' })), (text) => {
    const read = readJson(text)
    if (read.problem !== undefined) return
    taken += 1
    const parsed = parsedOrUndefined(text)
    assert.notEqual(parsed, undefined)
    assert.deepEqual(read.value, parsed)
  })
  fc.assert(property, { numRuns: 20_000 })
  assert.ok(taken > 100)
})

/** A tree whose objects may name things twice, with what is known of it. */
type Tree = { readonly text: string; readonly depth: number; readonly isTwice: boolean }

const leaf: fc.Arbitrary<Tree> = fc
  .oneof(
    fc.constantFrom('1', 'true', 'null', '-0.5e3', '""'),
    fc.string().map((s) => JSON.stringify(s)),
  )
  .map((text) => ({ text, depth: 0, isTwice: false }))
/** One name in several spellings, so that comparing the text would not do. */
const spellings = [
  ['a', ['"a"', '"\\u0061"']],
  ['', ['""']],
  ['"', ['"\\""', '"\\u0022"']],
  ['1', ['"1"', '"\\u0031"']],
  ['é', ['"é"', '"\\u00e9"', '"\\u00E9"']],
  ['{', ['"{"', '"\\u007b"']],
] as const
const names = fc
  .constantFrom(...spellings)
  .chain(([name, ways]) => fc.constantFrom(...ways).map((way) => [name, way] as const))

const { tree } = fc.letrec<{ tree: Tree; list: Tree; object: Tree }>((tie) => ({
  tree: fc.oneof({ maxDepth: 5, withCrossShrink: true }, leaf, tie('list'), tie('object')),
  list: fc.array(tie('tree'), { maxLength: 3 }).map((all) => ({
    text: `[${all.map(({ text }) => text).join(' ,')}]`,
    depth: 1 + Math.max(0, ...all.map(({ depth }) => depth)),
    isTwice: all.some(({ isTwice }) => isTwice),
  })),
  object: fc.array(fc.tuple(names, tie('tree')), { maxLength: 3 }).map((all) => ({
    text: `{${all.map(([[, way], { text }]) => `${way}\n: ${text}`).join(',')}}`,
    depth: 1 + Math.max(0, ...all.map(([, { depth }]) => depth)),
    isTwice:
      new Set(all.map(([[name]]) => name)).size < all.length ||
      all.some(([, { isTwice }]) => isTwice),
  })),
}))

test('json: a name twice in one object is found at any depth and in any spelling, and nowhere else (RFC 7493 section 2.3)', () => {
  const seen = { twice: 0, once: 0 }
  const property = fc.property(tree, ({ text, isTwice }) => {
    seen[isTwice ? 'twice' : 'once'] += 1
    assert.equal(readJson(text).problem, isTwice ? 'a name twice' : undefined, text)
  })
  fc.assert(property, { numRuns: 5_000 })
  assert.ok(seen.twice > 100 && seen.once > 100, JSON.stringify(seen))
})

test('json: the depth is the depth, whatever strings contain', () => {
  const property = fc.property(tree, fc.integer({ min: 0, max: 4 }), (given, maxDepth) => {
    const isDeep = readJson(given.text, { maxDepth, maxParts: 10_000 }).problem === 'too deep'
    assert.equal(isDeep, given.depth > maxDepth, given.text)
  })
  fc.assert(property, { numRuns: 5_000 })
})

function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inside: readonly unknown[] = Object.values(value)
  return inside.length + inside.reduce<number>((sum, one) => sum + sizeOf(one), 0)
}

test('json: what is taken has no more members and elements than parts are allowed', () => {
  const property = fc.property(values, fc.integer({ min: 0, max: 20 }), (value, maxParts) => {
    const read = readJson(JSON.stringify(value), { maxDepth: 32, maxParts })
    if (read.problem === undefined) assert.ok(sizeOf(read.value) <= maxParts)
    else assert.ok(read.problem === 'too many parts')
  })
  fc.assert(property, { numRuns: 2_000 })
})

const nested = (depth: number, open: string, close: string) =>
  `${open.repeat(depth)}1${close.repeat(depth)}`

for (const [open, close] of [
  ['[', ']'],
  ['{"a":', '}'],
  ['[{"a":', '}]'],
] as const) {
  const each = open.startsWith('[{') ? 2 : 1
  test(`json: ${open} may stand in itself ${32 / each} times, and no more`, () => {
    assert.equal(readJson(nested(32 / each, open, close)).problem, undefined)
    assert.equal(readJson(nested(32 / each + 1, open, close)).problem, 'too deep')
    // Cut off as well, and much deeper than any stack.
    assert.equal(readJson(open.repeat(500_000)).problem, 'too deep')
  })
}

test('json: 10,000 parts are taken, one more is not, before anything is built', () => {
  // One bracket and the commas.
  assert.equal(readJson(`[${'1,'.repeat(9_999)}1]`).problem, undefined)
  assert.equal(readJson(`[${'1,'.repeat(10_000)}1]`).problem, 'too many parts')
  const members = Array.from({ length: 10_001 }, (_, at) => `"${at}":0`)
  assert.equal(readJson(`{${members.join(',')}}`).problem, 'too many parts')
})

const refused = [
  ['{"__proto__":{"admin":true}}', 'a reserved name'],
  ['{"\\u005f_proto__":1}', 'a reserved name'],
  ['[{"a":{"constructor":{"prototype":1}}}]', 'a reserved name'],
  ['{"prototype":1}', 'a reserved name'],
  ['"\\ud800"', 'a lone surrogate'],
  ['["\\udc00\\ud800"]', 'a lone surrogate'],
  ['{"\\ud834x":1}', 'a lone surrogate'],
  ['1e400', 'a number out of range'],
  ['[-1e400]', 'a number out of range'],
  ['{"a":1,"a":2}', 'a name twice'],
  ['', 'not JSON'],
  ['NaN', 'not JSON'],
  ['[1,]', 'not JSON'],
  ["{'a':1}", 'not JSON'],
  ['{"a":1}}', 'not JSON'],
  ['\ufeff{}', 'not JSON'],
] as const
for (const [text, problem] of refused) {
  test(`[asvs 15.3.6] json: ${JSON.stringify(text)} is refused: ${problem}`, () => {
    assert.deepEqual(readJson(text), { problem })
  })
}

test('json: reserved words are words like any other where they name nothing', () => {
  for (const text of ['"__proto__"', '["constructor"]', '{"a":"prototype"}', '{"Constructor":1}']) {
    assert.deepEqual(readJson(text), { value: JSON.parse(text) })
  }
})

/** Text that counts how often it is looked at. */
function counting(text: string): Characters & { readonly steps: () => number } {
  let steps = 0
  return {
    length: text.length,
    charCodeAt: (at) => {
      steps += 1
      return text.charCodeAt(at)
    },
    steps: () => steps,
  }
}

const mebibyte = 1_048_576
const hostile = [
  '[',
  '{"a":',
  '"',
  '\\',
  '"\\',
  '"a"',
  ',',
  ':',
  '1',
  ' ',
  ']',
  '"\\\\"',
  '[]',
  '\\u',
]
for (const piece of hostile) {
  test(`[asvs 15.2.2] json: a mebibyte of ${piece} is looked at once a character, at most`, () => {
    const text = counting(piece.repeat(Math.floor(mebibyte / piece.length)))
    for (const limits of [jsonLimits, { maxDepth: mebibyte, maxParts: mebibyte }]) {
      const before = text.steps()
      countNames(text, limits)
      assert.ok(text.steps() - before <= text.length)
    }
  })
}
