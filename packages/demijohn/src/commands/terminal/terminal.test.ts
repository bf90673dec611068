import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { barLine, createProgress } from './progress.ts'
import { type Column, columnWidths, tableRow } from './table.ts'
import { fit, printable, widthOf } from './width.ts'

test('terminal: widths of text that takes two columns a character, or none', () => {
  const cases = [
    ['Ada', 3],
    ['José', 4],
    ['Jose\u0301', 4],
    ['李小龍', 6],
    ['김연아', 6],
    ['😀', 2],
    ['👩‍🚀', 2],
    ['', 0],
  ] as const
  for (const [text, width] of cases) assert.equal(widthOf(text), width, text)
})

test('terminal: a cell takes exactly the room that it has', () => {
  const property = fc.property(
    fc.string({ unit: fc.constantFrom('a', '李', '😀', 'é', ' ') }),
    fc.integer({ min: 1, max: 30 }),
    (text, width) => assert.equal(widthOf(fit(text, width)), width),
  )
  fc.assert(property)
  assert.equal(fit('Ada Lovelace', 5), 'Ada …')
  assert.equal(fit('李小龍', 4), '李… ')
})

test('terminal: what a terminal would act on is shown as a character', () => {
  for (const text of ['\u001b[2J', 'a\tb', 'a\nb', '\u202egnp.exe', '\u0085', '\ud800', '\u200b']) {
    assert.doesNotMatch(printable(text), /[\p{Cc}\p{Cf}\p{Cs}]/u)
  }
  assert.equal(printable('Zoë 李 😀'), 'Zoë 李 😀')
})

const columns: readonly Column[] = [
  { title: 'address', mayShrink: true },
  { title: 'name', mayShrink: true },
  { title: 'role', mayShrink: false },
  { title: 'since', mayShrink: false },
]
const rows = [
  [
    'a.very.long.address.of.somebody@a-long-domain.example.org',
    'Somebody With Names',
    'editor',
    '2026-01-01',
  ],
  ['ada@press.example', 'Ada', 'admin', '2025-12-31'],
]

test('terminal: a table is never wider than the screen, and keeps what cannot shrink whole', () => {
  for (let screen = 40; screen <= 200; screen += 1) {
    const widths = columnWidths(columns, rows, screen)
    const lines = rows.map((row) => tableRow(row, widths))
    for (const line of lines) assert.ok(widthOf(line) <= screen, `${screen}: ${line}`)
    if (screen >= 60)
      for (const line of lines) assert.match(line, /(editor|admin) +20\d\d-\d\d-\d\d$/)
  }
  const [line] = rows.map((row) => tableRow(row, columnWidths(columns, rows, 200)))
  assert.equal(line, rows[0]?.join('  '))
})

test('terminal: the bar stays within the screen and tells how far it is', () => {
  for (const screen of [20, 40, 80, 200]) {
    for (const done of [0, 1, 50_000, 100_000]) {
      const line = stripVTControlCharacters(barLine(done, 100_000, 'rows', screen))
      assert.ok(line.length < screen, line)
    }
  }
  const line = stripVTControlCharacters(barLine(25_000, 100_000, 'rows', 80))
  assert.match(line, /^█{10}░{30} {2}25 % {2}25,000 of 100,000 rows$/)
})

test('terminal: without a terminal there is a line at each tenth, and no control character', () => {
  const said: string[] = []
  const progress = createProgress(10_000, 'rows', { write: (text) => said.push(text) })
  for (let done = 0; done <= 10_000; done += 100) progress.at(done)
  progress.clear()
  assert.equal(said.length, 10)
  assert.equal(said[0], '1,000 of 10,000 rows\n')
  assert.doesNotMatch(said.join('').replaceAll('\n', ''), /\p{Cc}/u)
})

test('terminal: on one there is a bar that takes itself away', () => {
  const said: string[] = []
  const target = { isTTY: true, columns: 60, write: (text: string) => said.push(text) }
  const progress = createProgress(10, 'rows', target)
  progress.at(5)
  progress.at(6)
  progress.clear()
  progress.clear()
  assert.equal(said.length, 2, 'not drawn more often than can be seen')
  assert.equal(said[1], '\r\u001b[K')
})
