import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { isRefusal, type Refusal } from '../../core/refusals.ts'
import type { StandardSchemaV1 } from '../../core/standardSchema.ts'
import { parseNames } from './decide.ts'
import { checkNames } from './names.ts'
import { id, pageNumber, searchText, slug } from './schemas.ts'

const schemas: readonly (readonly [string, StandardSchemaV1])[] = [
  ['title', z.string().min(1).max(5)],
  ['page', pageNumber],
]

function fields(entries: Record<string, string>): ReadonlyMap<string, string> {
  return new Map(Object.entries(entries))
}

/** Fails where the value is anything but a refusal. */
function refusalOf(value: unknown): Refusal {
  if (!isRefusal(value)) assert.fail('was not refused')
  return value
}

const parse = (raw: ReadonlyMap<string, string>, using = schemas) =>
  parseNames(using, (name) => raw.get(name), 'input.invalid')

test('input: values come out of the schemas, typed and transformed', () => {
  assert.deepEqual(
    { ...(parse(fields({ title: 'abc', page: '3' })) as object) },
    { title: 'abc', page: 3 },
  )
})

test('[asvs 2.2.1] input: what a schema does not take is refused, naming the first field', () => {
  const refusal = refusalOf(parse(fields({ title: 'too long', page: 'x' })))
  assert.equal(refusal.code, 'input.invalid')
  assert.equal(refusal.status, 422)
  assert.equal(refusal.field, 'title')
  assert.equal(refusal.detail.includes('too long'), false)
})

test('[asvs 15.3.3] input: a field that is not declared is refused and named', () => {
  const declared = new Set(['title', 'page'])
  for (const name of ['isAdmin', 'toString', 'hasOwnProperty', '__proto__', 'constructor']) {
    const raw = new Map([
      ['title', 'a'],
      [name, '1'],
    ])
    const refusal = refusalOf(checkNames(raw, declared))
    assert.equal(refusal.code, 'input.unknown-field')
    assert.equal(refusal.field, name)
  }
})

test('[asvs 15.3.6] input: values stand in an object that inherits nothing', () => {
  for (const using of [schemas, []]) {
    assert.equal(Object.getPrototypeOf(parse(fields({ title: 'a' }), using)), null)
  }
})

test('input: a declared name passes, an unknown one is clipped and printable', () => {
  assert.equal(checkNames(fields({ a: '1' }), new Set(['a', 'b'])), undefined)
  const long = refusalOf(checkNames(fields({ [`\n\u202e${'x'.repeat(100)}`]: '' }), new Set(['a'])))
  assert.equal(long.field, `??${'x'.repeat(62)}`)
})

function foreign(answer: Awaited<ReturnType<StandardSchemaV1['~standard']['validate']>>) {
  const later: StandardSchemaV1 = {
    '~standard': { version: 1, vendor: 'other', validate: () => Promise.resolve(answer) },
  }
  return later
}

test('input: any Standard Schema decides, also one that answers later', async () => {
  const mixed = [
    ['later', foreign({ value: 1 })],
    ...schemas,
    ['last', foreign({ value: 2 })],
  ] as const
  const values = await parse(fields({ title: 'abc' }), mixed)
  assert.deepEqual({ ...(values as object) }, { later: 1, title: 'abc', page: 1, last: 2 })
  const refusing = [['later', foreign({ issues: [{ message: 'no' }] })], ...schemas] as const
  assert.equal(refusalOf(await parse(fields({ title: 'abc' }), refusing)).field, 'later')
  const after = [['later', foreign({ value: 1 })], ...schemas] as const
  assert.equal(refusalOf(await parse(fields({ title: '' }), after)).field, 'title')
})

const good = '01890a5d-ac96-774b-bcce-b302099a8057'
const schemaCases = [
  {
    name: 'id',
    schema: id,
    takes: [[good, good]],
    refuses: [good.toUpperCase(), `${good} `, 'x', ''],
  },
  {
    name: 'id, other versions',
    schema: id,
    takes: [],
    refuses: [
      '01890a5d-ac96-474b-bcce-b302099a8057',
      '01890a5d-ac96-774b-0cce-b302099a8057',
      `{${good}}`,
    ],
  },
  {
    name: 'slug',
    schema: slug,
    takes: [['a-b2', 'a-b2']],
    refuses: ['', '-a', 'a-', 'a--b', 'A', 'a b', 'a\n', '\u00e9', 'a'.repeat(81), '../a'],
  },
  {
    name: 'page number',
    schema: pageNumber,
    takes: [
      ['1', 1],
      ['10000', 10_000],
      [undefined, 1],
    ],
    refuses: [
      '0',
      '-1',
      '+1',
      '01',
      '1.0',
      '1e3',
      '0x1',
      '10001',
      '99999',
      '100000',
      ' 1',
      '1\n',
      '',
      '\u0661',
    ],
  },
  {
    name: 'search text',
    schema: searchText,
    takes: [
      [' wine ', 'wine'],
      ['caf\u0065\u0301', 'caf\u00e9'],
      ["'; drop table", "'; drop table"],
      [undefined, ''],
    ],
    refuses: ['a\0b', 'a\nb', 'a\u0085b', 'x'.repeat(201)],
  },
] as const

for (const { name, schema: one, takes, refuses } of schemaCases) {
  test(`[asvs 2.2.1] input: ${name}`, () => {
    for (const [text, want] of takes) assert.equal(one.parse(text), want)
    for (const text of refuses)
      assert.equal(one.safeParse(text).success, false, JSON.stringify(text))
  })
}
