import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseEncoding } from './acceptEncoding.ts'

const cases = [
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['GZip', 'gzip'],
  ['br;q=0.5, gzip;q=0.8', 'gzip'],
  ['br;q=0.5, gzip ; q=0.5', 'br'],
  ['*', 'br'],
  ['*;q=0.1, br;q=0', 'gzip'],
  ['br;q=0', 'identity'],
  ['gzip;q=0.5, identity;q=0.9', 'identity'],
  ['gzip;q=0.5, identity;q=0.5', 'gzip'],
  ['br;q=0.000, gzip;q=0.001', 'gzip'],
  ['br;q=1.1, gzip;q=2', 'identity'],
  ['br;q=0.1234', 'identity'],
  ['br;level=3', 'identity'],
  ['br;q=', 'identity'],
  ['deflate', 'identity'],
  ['identity;q=0', 'identity'],
  ['', 'identity'],
  [undefined, 'identity'],
] as const

for (const [header, want] of cases) {
  test(`accept-encoding: ${header} gets ${want}`, () => {
    assert.equal(chooseEncoding(header, ['br', 'gzip']), want)
  })
}

test('accept-encoding: nothing is chosen that is not there', () => {
  assert.equal(chooseEncoding('br, gzip', ['gzip']), 'gzip')
  assert.equal(chooseEncoding('br, gzip', []), 'identity')
})
