/**
 * The URL corpora of the web platform tests as inputs to everything here that reads an address.
 * The platform's own URL is the judge: what we accept means the same to it, and stays on its origin.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isRefusal } from '../../src/core/refusals.ts'
import { readOriginFacts } from '../../src/defences/csrf/decide.ts'
import { parseAddress } from '../../src/web/address.ts'
import { parseTarget } from '../../src/web/canonicalPath.ts'
import { checkHost } from '../../src/web/host.ts'
import { parseLocalPath } from '../../src/web/localPath.ts'
import { parseUrlencoded } from '../../src/web/urlencoded.ts'

const folder = new URL('../../../../../shared/reference/corpora/url/wpt/', import.meta.url)
const missing = existsSync(folder) ? false : 'the outside corpora are not here'
const skip = process.env.CI === 'true' ? false : missing

type Case = { readonly input: string; readonly base: string; readonly origin: string }

/** One entry as a case; undefined for the comments between them. */
function toCase(entry: unknown): Case | undefined {
  if (typeof entry !== 'object' || entry === null || !('input' in entry)) return undefined
  const base = 'base' in entry && typeof entry.base === 'string' ? entry.base : ''
  const origin = 'origin' in entry && typeof entry.origin === 'string' ? entry.origin : ''
  return { input: String(entry.input), base, origin }
}

function readCases(): readonly Case[] {
  const parsed: unknown = JSON.parse(readFileSync(new URL('urltestdata.json', folder), 'utf8'))
  assert.ok(Array.isArray(parsed))
  const cases = parsed.map(toCase).filter((one) => one !== undefined)
  assert.ok(cases.length > 800, `only ${cases.length} cases were read`)
  return cases
}

/** Each input as it stands, and behind a slash, where most of the tricks begin to work. */
function inputs(): readonly string[] {
  return readCases().flatMap(({ input }) => [input, `/${input}`, `/a/${input}`, `/a?${input}`])
}

const bases = [
  'https://origin.example',
  'http://localhost:8080/deep/path?query#hash',
  'https://[::1]/a/',
]

test('vectors: no local path out of the URL corpus leaves its origin', { skip }, () => {
  let taken = 0
  for (const input of inputs()) {
    const path = parseLocalPath(input)
    if (path === undefined) continue
    taken += 1
    for (const base of bases) assert.equal(new URL(path, base).origin, new URL(base).origin, input)
  }
  assert.ok(taken > 100, `only ${taken} were taken`)
})

test('vectors: inputs that resolve to another origin are no local paths', { skip }, () => {
  let refused = 0
  for (const { input } of readCases()) {
    const base = 'https://origin.example/'
    if (URL.canParse(input, base) && new URL(input, base).origin === 'https://origin.example')
      continue
    assert.equal(parseLocalPath(input), undefined, input)
    refused += 1
  }
  assert.ok(refused > 400, `only ${refused} were refused`)
})

test('vectors: canonical path and URL.pathname mean the same over the URL corpus', { skip }, () => {
  let taken = 0
  for (const input of inputs()) {
    const target = parseTarget(input)
    if (typeof target === 'string') continue
    taken += 1
    const url = new URL(`http://site.example${input}`)
    assert.equal(decodeURIComponent(url.pathname), target.path, input)
    assert.equal(url.host, 'site.example', input)
  }
  assert.ok(taken > 100, `only ${taken} were taken`)
})

test('vectors: what is taken for form text means the same to URLSearchParams', { skip }, () => {
  const limits = { maxPairs: 100, maxNameBytes: 10_000, maxValueBytes: 10_000 }
  let taken = 0
  for (const input of inputs()) {
    const fields = parseUrlencoded(input, limits)
    if (isRefusal(fields)) continue
    taken += 1
    assert.deepEqual([...fields], [...new URLSearchParams(`?${input}`)], input)
  }
  assert.ok(taken > 300, `only ${taken} were taken`)
})

test('vectors: no input of the URL corpus is our host, our origin or a lax address', {
  skip,
}, () => {
  const hosts = new Set(['site.example'])
  const ownOrigins = new Set(['https://site.example'])
  for (const { input, origin } of readCases()) {
    assert.ok(typeof checkHost(input, hosts) !== 'string', input)
    for (const sent of [input, origin]) {
      const request = { method: 'POST', fetchSite: undefined, origin: sent }
      assert.notEqual(readOriginFacts(request, ownOrigins).origin, 'match', sent)
    }
    const address = parseAddress(input)
    if (address === undefined) continue
    const host = address.includes(':') ? `[${address}]` : address
    assert.equal(new URL(`http://${host}`).hostname, host)
  }
})
