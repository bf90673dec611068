import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readReports } from './reports.ts'

const cspReport = {
  'csp-report': {
    'document-uri': 'https://site.example/posts?secret=1',
    'effective-directive': 'script-src-elem',
    'blocked-uri': 'https://evil.example/x.js?secret=1',
    disposition: 'enforce',
  },
}
const reportingApi = [
  {
    type: 'csp-violation',
    url: 'https://site.example/posts?secret=1',
    body: { effectiveDirective: 'img-src', blockedURL: 'inline', disposition: 'report' },
  },
]

test('reports: of CSP 2 browsers and of the Reporting API, the same three facts', () => {
  assert.deepEqual(readReports(JSON.stringify(cspReport)), [
    { directive: 'script-src-elem', blocked: 'https://evil.example', disposition: 'enforce' },
  ])
  assert.deepEqual(readReports(JSON.stringify(reportingApi)), [
    { directive: 'img-src', blocked: 'inline', disposition: 'report' },
  ])
})

test('[asvs 16.2.5] reports: paths and queries, which may hold secrets, are left behind', () => {
  const all = JSON.stringify(readReports(JSON.stringify([cspReport, ...reportingApi])))
  assert.doesNotMatch(all, /secret|posts|x\.js/)
})

test('reports: what is no JSON, or no report, is no report', () => {
  for (const text of ['', '{', 'null', '1', '"x"', '[]', '[null,1,"x",[]]', '{}', '{"a":1}']) {
    assert.deepEqual(readReports(text), [], text)
  }
})

test('reports: of a list of ten thousand, ten', () => {
  const many = JSON.stringify(Array.from({ length: 10_000 }, () => cspReport))
  assert.equal(readReports(many).length, 10)
})

test('reports: nested as deep as fits into the limit, nothing breaks', () => {
  const depth = 8_000
  assert.deepEqual(readReports('['.repeat(depth) + ']'.repeat(depth)), [])
  const inside = `{"csp-report":${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}}`
  assert.deepEqual(readReports(inside), [
    { directive: 'unknown', blocked: 'unknown', disposition: 'unknown' },
  ])
})

test('reports: names that every object has are read as data', () => {
  const text = '{"__proto__":{"csp-report":{"effective-directive":"img-src"}}}'
  assert.deepEqual(readReports(text), [])
  const own = '{"csp-report":{"__proto__":{"disposition":"enforce"}}}'
  assert.deepEqual(readReports(own), [
    { directive: 'unknown', blocked: 'unknown', disposition: 'unknown' },
  ])
})

const anyValue = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.jsonValue(),
  fc.constantFrom('javascript:alert(1)', 'data:text/html,x', 'x'.repeat(5_000), 'http://[', 'a\nb'),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
)
test('[asvs 16.4.1] reports: whatever is sent, the facts are short, printable words and origins', () => {
  const body = fc.dictionary(
    fc.constantFrom('effective-directive', 'effectiveDirective', 'blocked-uri', 'blockedURL', 'x'),
    anyValue,
  )
  const report = fc.oneof(fc.record({ 'csp-report': body }), fc.record({ body }))
  fc.assert(
    fc.property(fc.oneof(report, fc.array(report)), (value) => {
      for (const facts of readReports(JSON.stringify(value))) {
        assert.deepEqual(Object.keys(facts).sort(), ['blocked', 'directive', 'disposition'])
        for (const fact of Object.values(facts)) {
          assert.match(String(fact), /^[\x21-\x7e]{1,100}$/)
        }
        assert.doesNotMatch(String(facts.blocked), /[?#]|\/\/.*\//)
      }
    }),
  )
})

test('reports: any text at all gives a list', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.ok(Array.isArray(readReports(text)))
    }),
  )
})
