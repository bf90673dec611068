import assert from 'node:assert/strict'
import test from 'node:test'
import { decideOrigin, isSafeMethod, type OriginFacts, readOriginFacts } from './decide.ts'

const own = new Set(['https://press.example'])

const methods = { safe: ['GET', 'HEAD', 'OPTIONS'], unsafe: ['POST', 'PUT', 'PATCH', 'DELETE'] }

/** Written from the two specifications, independently of the code: who may go on to the token. */
const goesOn: readonly (readonly [string | undefined, string | undefined])[] = [
  ['same-origin', 'https://press.example'],
  ['same-origin', undefined],
  ['none', 'https://press.example'],
  ['none', undefined],
  [undefined, 'https://press.example'],
  [undefined, undefined],
]

const fetchSites = [
  ...[undefined, 'same-origin', 'same-site', 'cross-site', 'none'],
  ...['', 'Same-Origin', 'SAME-ORIGIN', ' same-origin', 'same-origin ', 'same-origin, none'],
  ...['none;x=1', '"same-origin"', 'same-origin\t', 'same_origin', 'cross-origin', 'null', '*'],
]

const origins = [
  ...[undefined, 'https://press.example', 'null', '', '*', 'https://press.example/'],
  ...['http://press.example', 'https://press.example:443', 'https://press.example:8443'],
  ...['HTTPS://press.example', 'https://PRESS.example', 'https://press.example.', 'press.example'],
  ...['https://evil.example', 'https://press.example.evil.example', 'https://xpress.example'],
  ...['https://press.example@evil.example', 'https://press.example https://evil.example'],
  ...['https://evil.example/https://press.example', 'https://press.example\u0000', ' null'],
  ...['https://press.example, https://press.example', 'https://sub.press.example'],
]

test('[asvs 3.5.1] every spelling of Sec-Fetch-Site with every spelling of Origin', () => {
  let accepted = 0
  for (const method of methods.unsafe) {
    for (const fetchSite of fetchSites) {
      for (const origin of origins) {
        const got = decideOrigin(readOriginFacts({ method, fetchSite, origin }, own)).allowed
        const want = goesOn.some(([site, from]) => site === fetchSite && from === origin)
        assert.equal(got, want, `${method} site=${fetchSite} origin=${origin}`)
        if (got) accepted += 1
      }
    }
  }
  assert.equal(accepted, methods.unsafe.length * goesOn.length)
})

test('[asvs 3.5.3] reading is allowed from everywhere, under the three safe methods alone', () => {
  for (const fetchSite of fetchSites) {
    for (const origin of origins) {
      for (const method of methods.safe) {
        const facts = readOriginFacts({ method, fetchSite, origin }, own)
        assert.deepEqual(decideOrigin(facts), { allowed: true })
      }
    }
  }
  for (const method of [
    'get',
    'Get',
    'GET ',
    'HEAD\0',
    'TRACE',
    'QUERY',
    'PROPFIND',
    '',
    'options',
  ]) {
    assert.equal(isSafeMethod(method), false, method)
  }
})

test('all combinations of facts have a verdict, and the refusals are these', () => {
  const refusals: string[] = []
  const sites = ['same-origin', 'same-site', 'cross-site', 'none', 'absent', 'other'] as const
  for (const safe of [true, false]) {
    for (const fetchSite of sites) {
      for (const origin of ['absent', 'match', 'other'] as const) {
        const facts: OriginFacts = { safe, fetchSite, origin }
        const decision = decideOrigin(facts)
        if (decision.allowed) continue
        assert.equal(decision.reason, 'cross-site')
        assert.equal(safe, false)
        refusals.push(`${fetchSite}/${origin}`)
      }
    }
  }
  assert.deepEqual(refusals, [
    'same-origin/other',
    ...['same-site/absent', 'same-site/match', 'same-site/other'],
    ...['cross-site/absent', 'cross-site/match', 'cross-site/other'],
    'none/other',
    'absent/other',
    ...['other/absent', 'other/match', 'other/other'],
  ])
})

test('[asvs 3.5.2] gap 8: neither Referer nor content type is among the facts', () => {
  const facts = readOriginFacts({ method: 'POST', fetchSite: undefined, origin: undefined }, own)
  assert.deepEqual(facts, { safe: false, fetchSite: 'absent', origin: 'absent' })
  assert.deepEqual(decideOrigin(facts), { allowed: true })
})
