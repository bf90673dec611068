/** Schemas in words, and examples that they take. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import type { JsonSchema } from '../../../core/standardSchema.ts'
import { curlOf, exampleOf } from './example.ts'
import { strictValidator } from './oracleFixture.ts'
import { boundWords, typeWords } from './shape.ts'

const shapeOf = (schema: z.ZodType): JsonSchema => {
  const { $schema: _, ...shape } = z.toJSONSchema(schema, { io: 'input' })
  return shape
}

const cases = [
  ['text', [], z.string()],
  ['text', ['1 to 80 characters'], z.string().min(1).max(80)],
  ['text', ['at most 1 character'], z.string().max(1)],
  ['text', ['exactly 36 characters'], z.string().length(36)],
  ['text or null', ['at most 3 characters'], z.string().max(3).nullable()],
  ['text', ['a date'], z.iso.date()],
  ['integer', [], z.int()],
  ['integer', ['1 to 9'], z.int().min(1).max(9)],
  ['number', ['more than 0'], z.number().gt(0)],
  ['true or false', ['true where absent'], z.boolean().default(true)],
  ['"a", "b" or "c"', [], z.enum(['a', 'b', 'c'])],
  ['"on"', [], z.literal('on')],
  [
    'list of text',
    ['at most 3 elements', 'each at most 9 characters'],
    z.array(z.string().max(9)).max(3),
  ],
  ['list of objects', ['at least 1 element'], z.array(z.strictObject({})).min(1)],
  ['text or integer', [], z.union([z.string(), z.int()])],
  ['object', [], z.strictObject({ a: z.string() })],
] as const
for (const [type, bounds, schema] of cases) {
  test(`shapes in words: ${type} ${bounds.join(', ')}`, () => {
    const shape = shapeOf(schema)
    assert.equal(typeWords(shape, shape), type)
    assert.deepEqual(boundWords(shape, shape), bounds)
  })
}

/** Schemas of every kind that an API takes, one in the other. */
const schemas = fc.letrec<{ readonly any: z.ZodType }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.tuple(fc.nat(20), fc.nat(20)).map(([least, more]) =>
      z
        .string()
        .min(least)
        .max(least + more),
    ),
    fc.tuple(fc.integer(), fc.nat(9)).map(([least, more]) =>
      z
        .int()
        .min(least)
        .max(least + more),
    ),
    fc.integer({ min: -9, max: 9 }).map((least) => z.number().gt(least)),
    fc.constantFrom(z.boolean(), z.null(), z.uuid(), z.iso.datetime(), z.iso.date(), z.email()),
    fc.array(fc.string(), { minLength: 1 }).map((values) => z.enum(values)),
    fc.tuple(tie('any'), fc.nat(3)).map(([one, most]) =>
      z
        .array(one)
        .min(most)
        .max(most + 2),
    ),
    fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((all) => z.union(all)),
    fc
      .dictionary(
        fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
        tie('any'),
        {
          maxKeys: 4,
        },
      )
      .map((shape) => z.strictObject(shape)),
    tie('any').map((one) => one.nullable()),
  ),
})).any

test('examples: whatever the schema, it takes its example, and so does a validator from outside', () => {
  const validate = strictValidator()
  const property = fc.property(schemas, (schema) => {
    const shape = shapeOf(schema)
    const example = exampleOf(shape, shape)
    assert.equal(validate(shape, example), undefined)
    assert.ok(schema.safeParse(example).success)
    assert.equal(typeof typeWords(shape, shape), 'string')
  })
  fc.assert(property, { numRuns: 300 })
})

test('examples: a shape that holds itself has one that ends', () => {
  const tree = z.strictObject({
    name: z.string().max(9),
    get inside() {
      return z.array(tree).max(3)
    },
  })
  const shape = shapeOf(tree)
  assert.ok(tree.safeParse(exampleOf(shape, shape)).success)
})

test('examples: nothing in a body or an address ends the quotes of the shell', () => {
  const texts = fc.string({ unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', ';', 'a') })
  const property = fc.property(texts, (text) => {
    const request = { method: 'POST', target: '/x', fields: [], json: JSON.stringify(text) }
    const command = curlOf(request, 'https://site.example')
    const [, quoted = ''] = command.split('--data ')
    // In single quotes nothing is special but the quote itself (POSIX, 2.2.2).
    assert.match(quoted, /^'(?:[^']|'\\'')*'$/)
    assert.equal(quoted.slice(1, -1).replaceAll("'\\''", "'"), JSON.stringify(text))
  })
  fc.assert(property)
})
