import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { pageHeaders } from './decide.ts'
import type { HeaderOptions } from './options.ts'
import { buildHeaders, type HeaderSets } from './sets.ts'

const nonce = 'MTIzNDU2Nzg5MDEyMzQ1Ng'
const secure = buildHeaders({ https: true, reportPath: '/reports' })

type Named = readonly (readonly [string, ReadonlyMap<string, string>])[]

/** By lower-case name; fails where a name stands twice or a header is not fit for the wire. */
function toMap(flat: readonly string[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>()
  for (let i = 0; i < flat.length; i += 2) {
    const [name = '', value = ''] = flat.slice(i, i + 2)
    assert.match(name, /^[A-Za-z-]+$/)
    assert.match(value, /^[\x20-\x7e]+$/)
    assert.equal(map.has(name.toLowerCase()), false, `${name} stands twice`)
    map.set(name.toLowerCase(), value)
  }
  return map
}

function pagesOf(sets: HeaderSets): Named {
  const facts = { nonce: undefined, signedIn: false, hasForm: false }
  return [
    ['anonymous page', toMap(pageHeaders(sets, facts))],
    ['signed-in page', toMap(pageHeaders(sets, { ...facts, signedIn: true }))],
    ['page with form', toMap(pageHeaders(sets, { ...facts, hasForm: true }))],
    ['page with nonce', toMap(pageHeaders(sets, { ...facts, nonce }))],
  ]
}

function allOf(sets: HeaderSets): Named {
  return [
    ...pagesOf(sets),
    ['data', toMap(sets.data)],
    ['hashed file', toMap(sets.immutableFile)],
    ['named file', toMap(sets.revalidatedFile)],
  ]
}

function directives(policy: string | undefined): ReadonlyMap<string, string> {
  const parts = (policy ?? '').split('; ').map((part) => part.split(' '))
  return new Map(parts.map(([name = '', ...rest]) => [name, rest.join(' ')]))
}

function everywhere(title: string, name: string, want: string): void {
  test(title, () => {
    for (const [kind, headers] of allOf(secure)) assert.equal(headers.get(name), want, kind)
  })
}

everywhere(
  '[asvs 3.4.1] headers: HSTS for two years, subdomains too, on every answer over TLS',
  'strict-transport-security',
  'max-age=63072000; includeSubDomains',
)
everywhere('[asvs 3.4.4] headers: types are not sniffed', 'x-content-type-options', 'nosniff')
everywhere('[asvs 3.4.5] headers: Referer stays here', 'referrer-policy', 'same-origin')
everywhere(
  '[asvs 3.4.8] headers: window handles are cut',
  'cross-origin-opener-policy',
  'same-origin',
)
everywhere(
  '[asvs 3.5.8] headers: nothing of ours is embedded elsewhere',
  'cross-origin-resource-policy',
  'same-origin',
)
everywhere('headers: COEP', 'cross-origin-embedder-policy', 'require-corp')
everywhere('headers: own agent cluster', 'origin-agent-cluster', '?1')
everywhere('headers: framing refused to old browsers too', 'x-frame-options', 'DENY')

test('headers: HSTS is not sent over plain HTTP', () => {
  for (const [kind, headers] of allOf(buildHeaders({ https: false, reportPath: '/reports' }))) {
    assert.equal(headers.has('strict-transport-security'), false, kind)
  }
})

test('[asvs 3.4.2] headers: no answer lets another origin read it, none carries what is obsolete', () => {
  const never = [
    ...['access-control-allow-origin', 'access-control-allow-credentials', 'x-xss-protection'],
    ...['server', 'x-powered-by', 'expires', 'pragma', 'feature-policy', 'referer-policy'],
  ]
  for (const [kind, headers] of allOf(secure)) {
    for (const name of never) assert.equal(headers.has(name), false, `${kind}: ${name}`)
  }
})

test('[asvs 3.4.3] headers: the policy of a page, word for word', () => {
  for (const [kind, headers] of pagesOf(secure)) {
    const inline = kind === 'page with nonce' ? ` 'nonce-${nonce}'` : ''
    assert.equal(
      headers.get('content-security-policy'),
      "default-src 'none'; " +
        `script-src 'self'${inline}; style-src 'self'${inline}; img-src 'self'; font-src 'self'; ` +
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; " +
        "base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'; " +
        "trusted-types 'none'; report-uri /reports; report-to reports",
      kind,
    )
  }
})

test('[asvs 3.4.3] headers: no policy holds a source that lets everything in', () => {
  for (const [kind, headers] of allOf(secure)) {
    const policy = headers.get('content-security-policy') ?? ''
    assert.doesNotMatch(policy, /unsafe-|\*|data:|blob:|https?:|strict-dynamic/, kind)
    assert.equal(directives(policy).get('object-src'), "'none'", kind)
    assert.equal(directives(policy).get('base-uri'), "'none'", kind)
    assert.equal(directives(policy).get('default-src'), "'none'", kind)
  }
})

test('[asvs 3.4.6] headers: no answer can be framed', () => {
  for (const [kind, headers] of allOf(secure)) {
    const policy = directives(headers.get('content-security-policy'))
    assert.equal(policy.get('frame-ancestors'), "'none'", kind)
  }
})

test('[asvs 3.4.7] headers: every policy says where violations are reported', () => {
  for (const [kind, headers] of allOf(secure)) {
    const policy = directives(headers.get('content-security-policy'))
    assert.equal(policy.get('report-uri'), '/reports', kind)
  }
  for (const [kind, headers] of pagesOf(secure)) {
    const policy = directives(headers.get('content-security-policy'))
    assert.equal(headers.get('reporting-endpoints'), `${policy.get('report-to')}="/reports"`, kind)
  }
})

test('[asvs 3.2.1] headers: what is not a page is sandboxed when it is opened', () => {
  for (const [kind, headers] of allOf(secure).slice(4)) {
    const policy = directives(headers.get('content-security-policy'))
    assert.equal(policy.get('sandbox'), '', kind)
    assert.equal(policy.has('script-src'), false, kind)
  }
})

test('[asvs 14.3.2] headers: what may be kept, and by whom', () => {
  const want = {
    'anonymous page': 'private, no-cache',
    'signed-in page': 'no-store',
    'page with form': 'no-store',
    'page with nonce': 'no-store',
    data: 'no-store',
    'hashed file': 'public, max-age=31536000, immutable',
    'named file': 'public, no-cache',
  }
  const got = allOf(secure).map(([kind, headers]) => [kind, headers.get('cache-control')])
  assert.deepEqual(Object.fromEntries(got), want)
})

test('[asvs 14.3.1] headers: signing out clears what the browser kept', () => {
  assert.deepEqual(secure.signOut, ['Clear-Site-Data', '"cache", "storage"'])
})

test('headers: every feature that a page could ask for is closed, and passkeys are for this origin', () => {
  for (const [kind, headers] of pagesOf(secure)) {
    const closed = (headers.get('permissions-policy') ?? '').split(', ')
    const open = closed.filter((entry) => !/^[a-z]+(?:-[a-z]+)*=\(\)$/.test(entry))
    const passkeys = ['publickey-credentials-create=(self)', 'publickey-credentials-get=(self)']
    assert.deepEqual(open, passkeys, kind)
    assert.equal(new Set(closed).size, closed.length)
    const powerful = ['camera', 'microphone', 'geolocation', 'usb', 'payment', 'display-capture']
    for (const feature of powerful) assert.ok(closed.includes(`${feature}=()`), feature)
  }
})

test('headers: a page without nonce costs no new array', () => {
  const facts = { nonce: undefined, signedIn: true, hasForm: true }
  assert.equal(pageHeaders(secure, facts), pageHeaders(secure, facts))
  assert.ok(Object.isFrozen(pageHeaders(secure, facts)))
})

const badNonces = [
  '',
  'short',
  `${nonce}'`,
  `${nonce}; script-src *`,
  `${nonce}\r\n`,
  `${nonce}\n`,
  `=${nonce}`,
]

for (const bad of badNonces) {
  test(`headers: nonce ${JSON.stringify(bad)} is a fault`, () => {
    const facts = { nonce: bad, signedIn: true, hasForm: true }
    assert.throws(() => pageHeaders(secure, facts), TypeError)
  })
}

test('headers: image sources are added to images alone', () => {
  const imageSources = ['https://images.example', 'https://cdn.example:8443']
  const sets = buildHeaders({ https: true, reportPath: '/reports', imageSources })
  const policy = directives(toMap(sets.privatePage).get('content-security-policy'))
  assert.equal(policy.get('img-src'), "'self' https://images.example https://cdn.example:8443")
  assert.equal(policy.get('script-src'), "'self'")
})

const good: HeaderOptions = { https: true, reportPath: '/reports' }
const badSources = [
  ...['*', 'https:', 'https://*', 'https://*.example', 'http://images.example', 'data:', "'self'"],
  ...[
    'https://images.example/',
    'https://images.example/a',
    'https://a;script-src',
    'https://A.example',
  ],
  ...[
    'https://u@images.example',
    'https://images.example:443',
    'https://images.example\n',
    '',
    '//a.example',
  ],
]

for (const source of badSources) {
  test(`headers: image source ${JSON.stringify(source)} does not start`, () => {
    assert.throws(() => buildHeaders({ ...good, imageSources: [source] }), Misconfiguration)
  })
}

for (const reportPath of [
  '',
  'reports',
  '//a.example',
  '/a b',
  '/a;b',
  '/a"b',
  '/a,b',
  '/a?b',
  'https://a.example/',
]) {
  test(`headers: report path ${JSON.stringify(reportPath)} does not start`, () => {
    assert.throws(() => buildHeaders({ ...good, reportPath }), Misconfiguration)
  })
}

test('headers: an option that is not there, or of a wrong type, does not start', () => {
  const options = { ...good, enabled: false, xssProtection: true }
  assert.throws(
    () => buildHeaders(options),
    (error: unknown) => error instanceof Misconfiguration && error.problems.length === 2,
  )
  const fromJavaScript: unknown = JSON.parse('{"https":"false","reportPath":"/reports"}')
  assert.throws(() => Reflect.apply(buildHeaders, undefined, [fromJavaScript]), Misconfiguration)
})
