import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { expireCookie, parseCookies, readCookie, serialiseCookie } from './cookies.ts'

const reading = [
  { header: 'a=1', want: { a: '1' } },
  { header: 'a=1; b=2', want: { a: '1', b: '2' } },
  { header: ' \ta\t=\t1 ;b=2;', want: { a: '1', b: '2' } },
  { header: 'a=1=2', want: { a: '1=2' } },
  { header: 'a="1"', want: { a: '"1"' } },
  { header: 'a=%41', want: { a: '%41' } },
  { header: 'a=', want: { a: '' } },
  { header: 'a; =b; ;', want: {} },
  { header: '', want: {} },
  { header: 'a=1; A=2', want: { a: '1', A: '2' } },
] as const

for (const { header, want } of reading) {
  test(`cookies: ${JSON.stringify(header)} is read`, () => {
    assert.deepEqual(Object.fromEntries(parseCookies(header)), want)
  })
}

test('cookies: no header is no cookie', () => {
  assert.equal(parseCookies(undefined).size, 0)
  assert.equal(readCookie(undefined, 'a'), undefined)
})

test('cookies: a name that stands twice counts as absent, however often and wherever', () => {
  for (const header of ['s=1; s=2', 's=1; s=1', 's=; a=b; s=1', 's=1; s=2; s=3', 's=1;\ts =2']) {
    assert.equal(parseCookies(header).get('s'), undefined, header)
    assert.equal(parseCookies(header).has('s'), false, header)
    assert.equal(readCookie(header, 's'), undefined, header)
  }
})

const notBlank = ['\u00a0', '\u0085', '\u000b', '\u000c', '\u2003', '\ufeff', '\u0000', '"', ',']

test('cookies: only SP and HTAB are trimmed from a name', () => {
  for (const odd of notBlank) {
    const header = `${odd}__Host-session=evil; __Host-session=good`
    assert.equal(readCookie(header, '__Host-session'), 'good')
    assert.equal(parseCookies(header).get('__Host-session'), 'good')
    assert.equal(readCookie(`${odd}__Host-session=evil`, '__Host-session'), undefined)
    assert.equal(parseCookies(`${odd}__Host-session=evil`).size, 0)
  }
})

test('cookies: a name inside of another name or value is not that name', () => {
  for (const header of ['xs=1', 'a=s=1', 'sx=1', 'a=b s=1', 's', 's; =1', '"s=1']) {
    assert.equal(readCookie(header, 's'), undefined, header)
    assert.equal(parseCookies(header).get('s'), undefined, header)
  }
  assert.equal(readCookie('as=1; a=s; s=2', 's'), '2')
})

test('cookies: names that objects know change nothing', () => {
  const cookies = parseCookies('__proto__=a; constructor=b; toString=c')
  assert.deepEqual([...cookies.keys()], ['__proto__', 'constructor', 'toString'])
  assert.equal(parseCookies('a=1').get('toString'), undefined)
})

test('cookies: fifty are kept, and a later duplicate of one of them still counts', () => {
  const many = Array.from({ length: 60 }, (_, i) => `c${i}=${i}`).join('; ')
  const cookies = parseCookies(many)
  assert.equal(cookies.size, 50)
  assert.equal(cookies.get('c49'), '49')
  assert.equal(parseCookies(`${many}; c0=evil`).has('c0'), false)
  assert.equal(readCookie(`${many}; last=1`, 'last'), '1')
})

test('cookies: the fast reading and the whole reading agree', () => {
  const piece = fc.constantFrom(
    's',
    'ss',
    'x',
    '=',
    ';',
    ' ',
    '\t',
    '\u00a0',
    '"',
    '1',
    's=',
    '; s=',
  )
  const header = fc.array(piece, { maxLength: 20 }).map((all) => all.join(''))
  const property = fc.property(header, (text) => {
    assert.equal(readCookie(text, 's'), parseCookies(text).get('s'))
  })
  fc.assert(property, { numRuns: 10_000 })
})

test('[asvs 3.3.1] [asvs 3.3.2] [asvs 3.3.3] [asvs 3.3.4] cookies: every attribute is written', () => {
  const session = { name: '__Host-session', value: 'v', secure: true }
  assert.equal(serialiseCookie(session), '__Host-session=v; Path=/; HttpOnly; SameSite=Lax; Secure')
  assert.equal(
    serialiseCookie({ ...session, maxAgeSeconds: 60 }),
    '__Host-session=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60',
  )
  assert.equal(
    serialiseCookie({ name: 'dev', value: '', secure: false, path: '/a' }),
    'dev=; Path=/a; HttpOnly; SameSite=Lax',
  )
})

test('cookies: expiring repeats name, path and flags', () => {
  assert.equal(
    expireCookie({ name: '__Host-session', secure: true }),
    '__Host-session=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0',
  )
})

test('[asvs 3.3.1] [asvs 3.3.3] cookies: a prefix brings its rules', () => {
  const refused = [
    { name: '__Host-s', value: 'v', secure: false },
    { name: '__Host-s', value: 'v', secure: true, path: '/a' },
    { name: '__Secure-s', value: 'v', secure: false },
    { name: '__host-s', value: 'v', secure: true },
    { name: '__HOST-s', value: 'v', secure: true },
    { name: '__secure-s', value: 'v', secure: true },
  ]
  for (const cookie of refused) assert.throws(() => serialiseCookie(cookie), TypeError)
  assert.match(
    serialiseCookie({ name: '__Secure-s', value: '', secure: true, path: '/a' }),
    /Secure$/,
  )
})

test('cookies: nothing can be injected through name, value or path', () => {
  for (let code = 0; code < 0x120; code += 1) {
    const odd = String.fromCharCode(code)
    // RFC 6265 section 4.1.1: cookie-octet.
    const octet = /[!#-+\--:<-[\]-~]/.test(odd) && code < 0x7f
    const value = () => serialiseCookie({ name: 'n', value: `a${odd}b`, secure: true })
    if (octet) assert.ok(value().startsWith(`n=a${odd}b; Path=/; `))
    else assert.throws(value, TypeError, `value ${code}`)
    const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(odd)
    const name = () => serialiseCookie({ name: `a${odd}b`, value: '', secure: true })
    if (token) assert.ok(name().startsWith(`a${odd}b=; Path=/; `))
    else assert.throws(name, TypeError, `name ${code}`)
    const path = () => serialiseCookie({ name: 'n', value: '', secure: true, path: `/a${odd}` })
    if (code > 0x20 && code < 0x7f && odd !== ';') assert.ok(path())
    else assert.throws(path, TypeError, `path ${code}`)
  }
  assert.throws(() => serialiseCookie({ name: '', value: 'v', secure: true }), TypeError)
  assert.throws(() => serialiseCookie({ name: 'n', value: '', secure: true, path: 'a' }), TypeError)
})

test('cookies: a lifetime is a whole number of seconds, up to 400 days', () => {
  const cookie = { name: 'n', value: '', secure: true }
  assert.match(serialiseCookie({ ...cookie, maxAgeSeconds: 34_560_000 }), /Max-Age=34560000$/)
  for (const maxAgeSeconds of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 34_560_001]) {
    assert.throws(() => serialiseCookie({ ...cookie, maxAgeSeconds }), TypeError)
  }
})

test('[asvs 3.3.5] cookies: name and value together are at most 4,096 bytes', () => {
  const ofLength = (length: number) => () =>
    serialiseCookie({ name: 'name', value: 'v'.repeat(length - 4), secure: true })
  assert.ok(ofLength(4_096)())
  assert.throws(ofLength(4_097), TypeError)
})

test('cookies: a thrown message never holds the value', () => {
  assert.throws(
    () => serialiseCookie({ name: 'n', value: 'hunter2;', secure: true }),
    (error: unknown) => error instanceof TypeError && !error.message.includes('hunter2'),
  )
})
