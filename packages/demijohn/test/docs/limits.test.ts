/** docs/limits.md gives the numbers of the code: read from the source, and from what is exported. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { maxPasswordBytes } from '../../src/defences/passwords/normalise.ts'
import { passwordBounds, passwordOptions } from '../../src/defences/passwords/options.ts'
import { minPasswordCharacters } from '../../src/defences/passwords/policy.ts'
import { touchEveryMilliseconds } from '../../src/defences/sessions/decide.ts'
import { type SessionOptions, sessionOptions } from '../../src/defences/sessions/options.ts'
import { serverLimits } from '../../src/serve/listen.ts'
import { code, readPage, root, rows } from './pages.ts'

const page = readPage('docs/limits.md')
const documented = rows(page).map(([what = '', number = '', , name, where]) => ({
  what,
  number: Number(number.replaceAll(',', '')),
  name: code(name),
  where: code(where),
}))

/** A product of whole numbers, as sources write them: `16 * 1024`, `30_000`. */
function product(text: string): number {
  return text
    .replaceAll('_', '')
    .split('*')
    .map(Number)
    .reduce((a, b) => a * b, 1)
}

/** The number behind a name: `name: 5`, `name = 5`, `name ?? 5`, `name: { usual: 5`. */
function numberIn(source: string, name: string): number | undefined {
  const [owner = '', member] = name.split('.')
  const from = member === undefined ? 0 : source.search(new RegExp(`\\b${owner} = \\{`))
  const shape = new RegExp(`\\b${member ?? owner}(?::| =| \\?\\?) (?:\\{ usual: )?(\\d[\\d_ *]*)`)
  const found = from === -1 ? null : shape.exec(source.slice(from))
  return found === null ? undefined : product(found[1] ?? '')
}

test('limits: a number is found as it is written, and a missing one is not', () => {
  assert.equal(numberIn('const a = 16 * 1024\n', 'a'), 16_384)
  assert.equal(numberIn('b: { usual: 240, least: 2 }', 'b'), 240)
  assert.equal(numberIn('x = { a: 1 }\ny = { a: 2_000 }', 'y.a'), 2000)
  assert.equal(numberIn('const a = 1', 'b'), undefined)
})

test('limits: every number is the one in the source', () => {
  assert.ok(documented.length > 30)
  for (const { what, number, name, where } of documented) {
    const source = readFileSync(join(root, 'packages/demijohn/src', where), 'utf8')
    assert.equal(number, numberIn(source, name), `${what}: ${name} in ${where}`)
  }
})

const numberOf = (name: string): number | undefined =>
  documented.find((row) => row.name === name)?.number

test('limits: what is exported has these numbers, and all of it is documented', () => {
  const exported = {
    ...serverLimits,
    ...sessionOptions(),
    ...passwordOptions({}, { cores: 64 }),
  }
  for (const [name, value] of Object.entries(exported)) assert.equal(numberOf(name), value, name)
  assert.equal(numberOf('minPasswordCharacters'), minPasswordCharacters)
  assert.equal(numberOf('maxPasswordBytes'), maxPasswordBytes)
  assert.equal(numberOf('touchEveryMilliseconds'), touchEveryMilliseconds)
})

/** The bounds in brackets at the end of what a row says. */
function boundsOf(name: string): readonly [number, number] {
  const what = documented.find((row) => row.name === name)?.what ?? ''
  const [, least = '', most = ''] = /\(([\d,]+) to ([\d,]+)\)$/.exec(what) ?? []
  assert.notEqual(most, '', name)
  return [Number(least.replaceAll(',', '')), Number(most.replaceAll(',', ''))]
}

test('limits: the bounds of passwords are those that a start checks', () => {
  for (const [name, { least, most }] of Object.entries(passwordBounds)) {
    assert.deepEqual(boundsOf(name), [least, most], name)
  }
})

const sessionNames = Object.keys(sessionOptions()).filter(
  (name): name is keyof SessionOptions => name in sessionOptions(),
)
for (const name of sessionNames) {
  test(`limits: the bounds of ${name} are those that a start checks`, () => {
    const [least, most] = boundsOf(name)
    // Beside an absolute limit that no idle one can be longer than.
    const roomy = { absoluteTimeoutHours: 8_760, idleTimeoutMinutes: 2 }
    for (const value of [least, most]) sessionOptions({ ...roomy, [name]: value })
    for (const value of [least - 1, most + 1]) {
      assert.throws(() => sessionOptions({ ...roomy, [name]: value }), name)
    }
  })
}
