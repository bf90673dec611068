import assert from 'node:assert/strict'
import test from 'node:test'
import { otpauthUri } from '../../../defences/factors/otpauth.ts'
import { markupText } from '../../../html/template.ts'
import { qrCode } from './qrCode.ts'

/** The modules as they are painted, quiet zone included: true is black. */
function painted(svg: string): readonly (readonly boolean[])[] {
  const size = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1])
  const rows = Array.from({ length: size }, () => Array.from({ length: size }, () => false))
  const path = /<path fill="#000" d="((?:M\d+ \d+h\d+v1H\d+z)+)"\/>/.exec(svg)?.[1] ?? ''
  for (const [, x, y, wide, back] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H(\d+)z/g)) {
    assert.equal(x, back)
    for (let at = 0; at < Number(wide); at += 1) {
      const row = rows[Number(y)]
      assert.ok(row)
      row[Number(x) + at] = true
    }
  }
  return rows
}

/** ISO/IEC 18004 section 7.8.2, where i is the row and j the column. */
const masks: readonly ((i: number, j: number) => boolean)[] = [
  (i, j) => (i + j) % 2 === 0,
  (i) => i % 2 === 0,
  (_, j) => j % 3 === 0,
  (i, j) => (i + j) % 3 === 0,
  (i, j) => (Math.floor(i / 2) + Math.floor(j / 3)) % 2 === 0,
  (i, j) => ((i * j) % 2) + ((i * j) % 3) === 0,
  (i, j) => (((i * j) % 2) + ((i * j) % 3)) % 2 === 0,
  (i, j) => (((i + j) % 2) + ((i * j) % 3)) % 2 === 0,
]

/** Reads a code of version 1 in byte mode, as ISO/IEC 18004 sections 7.3 to 7.9 have it. */
function readVersion1(rows: readonly (readonly boolean[])[]): string {
  const size = 21
  const black = (row: number, column: number) => rows[row]?.[column] === true
  // Bits 12 to 10 of the format, after its own mask 101010000010010.
  const format = [2, 3, 4].map((column) => (black(8, column) ? '1' : '0')).join('')
  const mask = masks[Number.parseInt(format, 2) ^ 0b101]
  assert.ok(mask)
  const bits: string[] = []
  for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right = 5
    for (let at = 0; at < size; at += 1) {
      const row = up ? size - 1 - at : at
      for (const column of [right, right - 1]) {
        const isFinder = (row < 9 && (column < 9 || column > 12)) || (row > 12 && column < 9)
        if (isFinder || row === 6 || column === 6) continue
        bits.push(black(row, column) !== mask(row, column) ? '1' : '0')
      }
    }
  }
  const number = (from: number, length: number) =>
    Number.parseInt(bits.slice(from, from + length).join(''), 2)
  assert.equal(number(0, 4), 0b0100, 'byte mode')
  const bytes = Array.from({ length: number(4, 8) }, (_, at) => number(12 + at * 8, 8))
  return Buffer.from(bytes).toString()
}

for (const text of ['a/b?c=1', 'x', 'Aa0 ~ä', 'fourteen bytes']) {
  test(`qr code: ${JSON.stringify(text)} reads back, white around it`, () => {
    const rows = painted(markupText(qrCode(text, 'x')))
    assert.equal(rows.length, 21 + 8)
    const quiet = rows.flatMap((row, y) => row.filter((_, x) => y < 4 || x < 4 || y > 24 || x > 24))
    assert.deepEqual([quiet.length, quiet.includes(true)], [29 * 29 - 21 * 21, false])
    assert.equal(readVersion1(rows.slice(4, 25).map((row) => row.slice(4, 25))), text)
  })
}

test('qr code: has a name, and nothing that a strict policy refuses', () => {
  const svg = markupText(qrCode('x', 'Code for "<b>"'))
  assert.match(svg, /^<svg [^>]*role="img" aria-label="Code for &quot;&lt;b&gt;&quot;"/)
  assert.doesNotMatch(svg, /style|script|href|url\(| on\w+=/)
})

test('qr code: the longest address of an app fits', () => {
  const name = '🙂'.repeat(500)
  const uri = otpauthUri({ issuer: name, account: name, secret: Buffer.alloc(20) })
  assert.ok(painted(markupText(qrCode(uri, 'x'))).length <= 177 + 8)
})
