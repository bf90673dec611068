import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchesEtag } from './etag.ts'
import type { Method } from './hygiene.ts'
import { decidePrecondition, type PreconditionVerdict, readPreconditions } from './preconditions.ts'

type Case = {
  readonly name: string
  readonly method?: Method
  readonly match?: string
  readonly noneMatch?: string
  readonly current: string | null
  readonly required?: boolean
  readonly want: PreconditionVerdict | 'malformed'
}

function decide(given: Omit<Case, 'name' | 'want'>): PreconditionVerdict | 'malformed' {
  const headers = new Map<string, string>()
  if (given.match !== undefined) headers.set('if-match', given.match)
  if (given.noneMatch !== undefined) headers.set('if-none-match', given.noneMatch)
  const read = readPreconditions(headers)
  if (read === 'malformed') return read
  const { method = 'PUT', current, required = false } = given
  return decidePrecondition({ ...read, method, currentEtag: current, required })
}

// The comparisons of RFC 9110 section 8.8.3.2, table 3: strong and weak.
const table3 = [
  { stored: 'W/"1"', sent: 'W/"1"', strong: false, weak: true },
  { stored: 'W/"1"', sent: 'W/"2"', strong: false, weak: false },
  { stored: 'W/"1"', sent: '"1"', strong: false, weak: true },
  { stored: '"1"', sent: 'W/"1"', strong: false, weak: true },
  { stored: '"1"', sent: '"1"', strong: true, weak: true },
] as const

for (const { stored, sent, strong, weak } of table3) {
  test(`preconditions: ${sent} against ${stored}, as RFC 9110 compares them`, () => {
    const current = stored
    for (const method of ['PUT', 'PATCH', 'DELETE', 'POST'] as const) {
      assert.equal(decide({ method, match: sent, current }), strong ? 'go' : 'failed')
      assert.equal(decide({ method, noneMatch: sent, current }), weak ? 'failed' : 'go')
    }
    for (const method of ['GET', 'HEAD'] as const) {
      assert.equal(decide({ method, noneMatch: sent, current }), weak ? 'not-modified' : 'go')
      assert.equal(decide({ method, match: sent, current }), strong ? 'go' : 'failed')
    }
  })
}

const cases: readonly Case[] = [
  { name: 'nothing said, nothing demanded', current: '"1"', want: 'go' },
  { name: 'nothing said, and it is demanded', current: '"1"', required: true, want: 'required' },
  { name: 'the same where nothing is there', current: null, required: true, want: 'required' },
  { name: 'a read needs none', method: 'GET', current: '"1"', required: true, want: 'go' },
  { name: 'HEAD needs none', method: 'HEAD', current: '"1"', required: true, want: 'go' },
  { name: 'the version that is there', match: '"1"', current: '"1"', required: true, want: 'go' },
  { name: 'one of several', match: '"0", "1"', current: '"1"', required: true, want: 'go' },
  { name: 'an older one', match: '"1"', current: '"2"', required: true, want: 'failed' },
  { name: 'one of something that is gone', match: '"1"', current: null, want: 'failed' },
  { name: 'anything that is there', match: '*', current: '"1"', required: true, want: 'go' },
  { name: 'anything, and there is nothing', match: '*', current: null, want: 'failed' },
  {
    name: 'create, and nothing is there',
    noneMatch: '*',
    current: null,
    required: true,
    want: 'go',
  },
  {
    name: 'create, and it is there',
    noneMatch: '*',
    current: '"1"',
    required: true,
    want: 'failed',
  },
  {
    name: 'everything but one version is no protection',
    noneMatch: '"0"',
    current: '"1"',
    required: true,
    want: 'required',
  },
  {
    name: 'a read of anything new',
    method: 'GET',
    noneMatch: '*',
    current: '"1"',
    want: 'not-modified',
  },
  {
    name: 'If-Match comes first',
    method: 'GET',
    match: '"0"',
    noneMatch: '"1"',
    current: '"1"',
    want: 'failed',
  },
  { name: 'both', match: '"1"', noneMatch: '"1"', current: '"1"', want: 'failed' },
  { name: 'If-Match without quotes', match: '1', current: '1', want: 'malformed' },
  { name: 'If-Match that is empty', match: '', current: '"1"', want: 'malformed' },
  {
    name: 'If-Match with an asterisk in a list',
    match: '"1", *',
    current: '"1"',
    want: 'malformed',
  },
  { name: 'If-None-Match that is cut off', noneMatch: '"1', current: null, want: 'malformed' },
  { name: 'a date', match: 'Wed, 21 Oct 2015 07:28:00 GMT', current: '"1"', want: 'malformed' },
]

for (const { name, want, ...given } of cases) {
  test(`preconditions: ${name}: ${want}`, () => {
    assert.equal(decide(given), want)
  })
}

test('preconditions: any field is read without throwing, and reads agree with those of files', () => {
  const part = fc.constantFrom('"1"', 'W/', '"', ',', ' ', '*', '"2"', '\t', 'x', '\u00e9')
  const field = fc.array(part, { maxLength: 8 }).map((all) => all.join(''))
  const property = fc.property(field, (sent) => {
    const verdict = decide({ method: 'GET', noneMatch: sent, current: '"1"' })
    assert.equal(verdict === 'not-modified', matchesEtag(sent, '"1"'), sent)
  })
  fc.assert(property, { numRuns: 5_000 })
})
