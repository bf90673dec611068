/**
 * Hostile input: fields that are doubled, unknown, nested, too long, badly encoded or of no type at
 * all. Each is refused before the handler, and the answer names the field where there is one.
 *
 * Advisories section 5: GHSA-g6gw-c38x-mqfc, CVE-2026-5079, CVE-2026-21440 (prototype), -32442, -25223.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestClient, TestReply } from '../../src/testing/client.ts'
import { type Attacked, formType, openAttacked, ownForm, send, tokenOf } from './fixture.ts'

const good = { kind: 'tea' }
const run = 'POST /fields'

type Ready = { readonly site: Attacked; readonly member: TestClient; readonly formToken: string }

async function ready(t: Parameters<typeof openAttacked>[0]): Promise<Ready> {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  return { site, member, formToken: await tokenOf(member) }
}

/** Sends a body as it stands, after the token. */
function sendRaw(
  { member, formToken }: Ready,
  rest: string | Uint8Array,
  headers: Readonly<Record<string, string>> = ownForm,
): Promise<TestReply> {
  const body = Buffer.concat([Buffer.from(`formToken=${formToken}&`), Buffer.from(rest)])
  return member.send({ method: 'POST', target: '/fields', headers, body })
}

test('input: what the form itself sends is taken', async (t) => {
  const at = await ready(t)
  assert.equal((await sendRaw(at, 'kind=tea&line=hello+you&age=7&agreed=on')).status, 303)
  const { values } = at.site.taken
  assert.deepEqual(
    { ...(values as object) },
    { kind: 'tea', line: 'hello you', age: 7, agreed: true, prose: '' },
  )
})

test('input: a field sent twice is refused by name, wherever and however it is spelt [asvs 15.3.7]', async (t) => {
  const at = await ready(t)
  for (const body of [
    'kind=tea&kind=tea',
    'kind=tea&kind=coffee',
    'kind=tea&line=a&kin%64=tea',
    'kind&kind=tea',
    'kind=tea&&kind=',
    '%6b%69%6e%64=tea&kind=tea',
  ]) {
    const reply = await sendRaw(at, body)
    assert.equal(reply.status, 400, body)
    assert.match(reply.text, /\(kind\)/, body)
  }
  const twice = await at.member.get('/search?q=a&q=b')
  assert.equal(twice.status, 400)
  assert.match(twice.text, /\(q\)/)
  assert.equal(at.site.runs.runs.get(run), undefined)
})

const unknownNames = [
  'role',
  'isAdmin',
  'id',
  'ownerId',
  '_method',
  'kind[]',
  'kind[0]',
  'kind.x',
  'kind[x][y]',
  'a[b][c][d]',
  'KIND',
  'kind ',
  ' kind',
  'kind\u00a0',
  'kind\u200b',
  'k\u0131nd',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
  'constructor.prototype.x',
  'constructor[prototype][x]',
  '__proto__[x]',
  '__proto__.x',
  'then',
  'length',
  '',
  '0',
  'x'.repeat(64),
]

test('input: a field that the form does not have is refused by name: no mass assignment [asvs 15.3.3] [asvs 2.2.1]', async (t) => {
  const at = await ready(t)
  for (const name of unknownNames) {
    for (const body of [
      `kind=tea&${encodeURIComponent(name)}=1`,
      `${encodeURIComponent(name)}=1&kind=tea`,
    ]) {
      const reply = await sendRaw(at, body)
      assert.equal(reply.status, 400, body)
      if (/^[A-Za-z_]+$/.test(name)) assert.ok(reply.text.includes(`(${name})`), body)
    }
    if (name === '') continue
    const query = await at.member.get(`/search?q=a&${encodeURIComponent(name)}=1`)
    assert.equal(query.status, 400, name)
  }
  assert.equal(at.site.runs.runs.get(run), undefined)
})

test('input: names of the machinery of objects pollute nothing [asvs 15.3.6]', async (t) => {
  const at = await ready(t)
  const before = Object.getOwnPropertyNames(Object.prototype).length
  for (const name of [
    '__proto__',
    'constructor',
    'prototype',
    '%5F%5Fproto%5F%5F',
    'constructor%2Eprototype',
  ]) {
    for (const text of [
      `${name}=1`,
      `${name}[polluted]=1`,
      `${name}.polluted=1`,
      `${name}[__proto__][polluted]=1`,
    ]) {
      assert.equal((await sendRaw(at, `kind=tea&${text}`)).status, 400, text)
      assert.equal((await at.member.get(`/search?${text}`)).status, 400, text)
      const reply = await at.member.send({ target: '/', headers: { cookie: text } })
      assert.equal(reply.status, 200)
    }
  }
  assert.equal(Object.getOwnPropertyNames(Object.prototype).length, before)
  assert.equal(Object.getOwnPropertyDescriptor(Object.prototype, 'polluted'), undefined)
})

test('input: depth and number are bounded: nesting is a name like any other, pairs are counted', async (t) => {
  const at = await ready(t)
  const deep = `a${'[b]'.repeat(20_000)}=1`
  const dotted = `a${'.b'.repeat(20_000)}=1`
  const many = Array.from({ length: 100_000 }, (_, n) => `${n}`).join('&')
  for (const body of [
    deep,
    dotted,
    many,
    '&'.repeat(200_000),
    'a=1&'.repeat(50_000),
    '='.repeat(200_000),
    '%61='.repeat(9_000),
  ]) {
    const began = process.cpuUsage().user
    const { status } = await sendRaw(at, body)
    assert.ok(status === 400 || status === 413, `${body.slice(0, 10)}: ${status}`)
    // Linear: a second of processor time would be four orders of magnitude too many.
    assert.ok(process.cpuUsage().user - began < 1_000_000, body.slice(0, 10))
  }
  const query = Array.from({ length: 33 }, (_, n) => `a${n}=1`).join('&')
  assert.equal((await at.member.get(`/search?${query}`)).status, 413)
  assert.equal(at.site.runs.runs.get(run), undefined)
})

test('gap 13: bodies have a limit: declared, sent, and one byte over it', async (t) => {
  const at = await ready(t)
  for (const length of [256 * 1024 + 1, 1024 * 1024, 8 * 1024 * 1024]) {
    const reply = await at.member.send({
      method: 'POST',
      target: '/fields',
      headers: ownForm,
      body: Buffer.alloc(length, 'a'),
    })
    assert.equal(reply.status, 413, String(length))
  }
  // Without a declared length the bytes are counted as they come, and no more are asked for.
  let asked = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      asked += 64 * 1024
      yield Buffer.alloc(64 * 1024, 'a')
    }
  }
  const cookie = [...at.member.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const reply = await at.site.app.handle({
    method: 'POST',
    target: '/fields',
    httpVersion: '1.1',
    rawHeaders: [
      'host',
      'site.example',
      'cookie',
      cookie,
      'content-type',
      formType,
      'transfer-encoding',
      'chunked',
    ],
    peerAddress: '127.0.0.1',
    encrypted: true,
    body: endless(),
  })
  assert.equal(reply.status, 413)
  assert.ok(asked <= 6 * 64 * 1024, `${asked} bytes were taken`)
  // A body of just the limit is read, and refused for what it says alone.
  const prefix = `formToken=${at.formToken}&kind=tea&line=`
  const body = `${prefix}${'a'.repeat(256 * 1024 - prefix.length)}`
  const full = await at.member.send({ method: 'POST', target: '/fields', headers: ownForm, body })
  assert.equal(full.status, 422)
  assert.equal(at.site.runs.runs.get(run), undefined)
})

test('gap 13: nobody who may not enter makes a body be read', async (t) => {
  const site = await openAttacked(t)
  const viewer = await site.signInAs('viewer')
  const cookieOf = (client: TestClient): string =>
    [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const askers = [
    ['/wipe', '', 'https://site.example', 401],
    ['/write', cookieOf(viewer), 'https://site.example', 403],
    ['/wipe', cookieOf(viewer), 'https://evil.example', 403],
    ['/nowhere', cookieOf(viewer), 'https://site.example', 404],
    ['/admin', cookieOf(viewer), 'https://site.example', 405],
  ] as const
  for (const [target, cookie, origin, status] of askers) {
    let asked = 0
    const reply = await site.app.handle({
      method: 'POST',
      target,
      httpVersion: '1.1',
      rawHeaders: [
        'host',
        'site.example',
        'cookie',
        cookie,
        'origin',
        origin,
        'content-type',
        formType,
        'content-length',
        '10',
      ],
      peerAddress: '127.0.0.1',
      encrypted: true,
      body: (async function* (): AsyncGenerator<Uint8Array> {
        asked += 1
        yield Buffer.alloc(10)
      })(),
    })
    assert.equal(reply.status, status, target)
    assert.equal(asked, 0, target)
  }
})

test('input: a length that lies is refused, whichever way', async (t) => {
  const at = await ready(t)
  const cookie = [...at.member.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const body = `formToken=${at.formToken}&kind=tea`
  for (const length of [0, 1, body.length - 1, body.length + 1, 100_000]) {
    const reply = await at.site.app.handle({
      method: 'POST',
      target: '/fields',
      httpVersion: '1.1',
      rawHeaders: [
        'host',
        'site.example',
        'cookie',
        cookie,
        'content-type',
        formType,
        'content-length',
        String(length),
      ],
      peerAddress: '127.0.0.1',
      encrypted: true,
      body: (async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.from(body)
      })(),
    })
    assert.equal(reply.status, 400, String(length))
  }
  for (const length of ['-1', '+5', '5.0', '0x5', '5e1', ' ', '5,5', 'five', '9'.repeat(20)]) {
    const reply = await at.member.send({
      method: 'POST',
      target: '/fields',
      headers: { ...ownForm, 'content-length': length },
    })
    assert.equal(reply.status, 400, length)
  }
  assert.equal(at.site.runs.runs.get(run), undefined)
})

/** Byte sequences that are not UTF-8 (RFC 3629), and encodings that are not percent-encoding. */
const badBytes = [
  '%80',
  '%ff',
  '%c0%80',
  '%c1%bf',
  '%e0%80%80',
  '%ed%a0%80',
  '%ed%bf%bf',
  '%f4%90%80%80',
  '%f5%80%80%80',
  '%c3',
  '%e2%82',
  '%f0%9f%98',
  '%',
  '%4',
  '%zz',
  '%u0041',
  '%-1',
  '%00',
  'a%00b',
  '%2',
  '%E9',
]

test('input: bad encodings are refused as 400 and name the field, in forms and queries', async (t) => {
  const at = await ready(t)
  for (const text of badBytes) {
    const reply = await sendRaw(at, `kind=tea&line=${text}`)
    assert.equal(reply.status, 400, text)
    assert.match(reply.text, /\(line\)/, text)
    assert.equal((await sendRaw(at, `kind=tea&li${text}ne=1`)).status, 400, text)
    const query = await at.member.get(`/search?q=${text}`)
    assert.equal(query.status, 400, text)
    assert.match(query.text, /\(q\)/, text)
  }
  for (const bytes of [
    [0xff],
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0x00],
    [0x0a],
    [0x20],
    [0xef, 0xbb, 0xbf],
    [0xc3, 0xa9],
  ]) {
    const reply = await sendRaw(
      at,
      Buffer.concat([Buffer.from('kind=tea&line='), Buffer.from(bytes)]),
    )
    assert.equal(reply.status, 400, String(bytes))
  }
  assert.equal(at.site.runs.runs.get(run), undefined)
})

test('input: values outside of what the field takes come back as 422 with the field marked [asvs 2.2.2]', async (t) => {
  const at = await ready(t)
  const wrong: readonly (readonly [string, string])[] = [
    ...['', 'Tea', 'tea ', 'water', '0', 'toString', '__proto__', 'tea,coffee'].map(
      (one) => ['kind', one] as const,
    ),
    ...[
      '-1',
      '151',
      '1e2',
      '0x10',
      '1.5',
      '9'.repeat(400),
      'Infinity',
      'NaN',
      '１２',
      '1_000',
      '--1',
      '1;2',
    ].map((one) => ['age', one] as const),
    ...['true', '1', 'ON', 'yes', ''].map((one) => ['agreed', one] as const),
    ...[
      'a'.repeat(21),
      '\u{1f600}'.repeat(21),
      'a\u0001b',
      'a\tb\u0007',
      'a\nb',
      'a\u009bb',
      'a\u007fb',
    ].map((one) => ['line', one] as const),
    ...['b'.repeat(2001), 'a\u001b[31m'].map((one) => ['prose', one] as const),
  ]
  for (const [field, value] of wrong) {
    const body = { formToken: at.formToken, ...good, [field]: value }
    const reply = await send(at.member, '/fields', body)
    const what = `${field}=${JSON.stringify(value.slice(0, 30))}`
    assert.equal(reply.status, 422, what)
    assert.ok(reply.text.includes(`id="field-${field}-error"`), what)
  }
  const missing = await send(at.member, '/fields', { formToken: at.formToken })
  assert.equal(missing.status, 422)
  assert.match(missing.text, /field-kind-error/)
  assert.equal(at.site.runs.runs.get(run), undefined)
})

test('input: what comes back in a form is escaped where it stands', async (t) => {
  const at = await ready(t)
  const payloads = [
    '"><script>alert(1)</script>',
    "' onfocus=alert(1) autofocus '",
    '</textarea><svg onload=alert(1)>',
    '<!--',
    '&quot;&lt;',
    '{{7*7}}',
    '${7*7}',
    'javascript:alert(1)',
    '\u2028alert(1)',
  ]
  for (const text of payloads) {
    const body = { formToken: at.formToken, kind: 'none', line: text, prose: text }
    const reply = await send(at.member, '/fields', body)
    assert.equal(reply.status, 422)
    assert.ok(!/<script|<svg|onload=alert\(1\)>|<!--/.test(reply.text), text)
    const [form] = reply.forms
    assert.equal(form?.values.get('line'), text)
    assert.equal(form?.values.get('prose'), text)
    const found = await at.member.get(`/search?q=${encodeURIComponent(text)}`)
    assert.ok(found.status === 200 || found.status === 422)
    assert.ok(!/<script|<svg|<!--/.test(found.text), text)
  }
  // The name of a field that was refused is shown, and is text as well.
  const named = await sendRaw(at, `${encodeURIComponent('<img src=x onerror=alert(1)>')}=1`)
  assert.ok(!named.text.includes('<img'))
})

test('input: SQL in every place that takes text is text', async (t) => {
  const at = await ready(t)
  const admin = await at.site.signInAs('admin')
  const texts = [
    "' OR '1'='1",
    "'; DROP TABLE demijohn_accounts;--",
    '1 UNION SELECT passwordHash FROM demijohn_accounts',
    "\\'; --",
    '%27 OR 1=1',
    "admin'--",
    '$1',
    '?',
    ':id',
  ]
  for (const text of texts) {
    const encoded = encodeURIComponent(text)
    const shut = [
      await at.member.get(`/notes/${encoded}`),
      await send(admin, `/admin/people/${encoded}/delete`, { formToken: await tokenOf(admin) }),
      await at.site
        .visitor()
        .send({ target: '/me', headers: { cookie: `__Host-session=${text.replaceAll(';', '')}` } }),
      await send(at.member, '/fields', { formToken: at.formToken, kind: text }),
    ]
    for (const reply of shut)
      assert.ok([303, 400, 404, 422].includes(reply.status), `${text}: ${reply.status}`)
    const visitor = at.site.visitor()
    const login = await visitor.post('/login', { email: text, password: text })
    assert.equal(login.status, 422, text)
    at.site.clock.advance(60_000)
  }
  const { total } = await at.site.db
    .selectFrom('demijohn_accounts')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  assert.equal(Number(total), 2)
  assert.equal(at.site.runs.runs.get('POST delete'), undefined)
})

test('input: a body of another type or coding is 415, of none as well', async (t) => {
  const at = await ready(t)
  const types = [
    undefined,
    '',
    'text/plain',
    'application/json',
    'multipart/form-data; boundary=x',
    `${formType}; charset=utf-16`,
    `${formType}; charset=utf-7`,
    `${formType}; charset=`,
    `${formType};;`,
    `${formType};charset=utf-8;charset=utf-8`,
    'application/x-www-form-urlencoded-x',
    'text/html',
    '/',
    'a',
    `${formType}, text/plain`,
    `x${formType}`,
  ]
  for (const type of types) {
    const { 'content-type': _, ...rest } = ownForm
    const headers = type === undefined ? rest : { ...rest, 'content-type': type }
    assert.equal((await sendRaw(at, 'kind=tea', headers)).status, 415, type)
  }
  for (const coding of ['gzip', 'br', 'deflate', 'identity', 'compress', 'x-gzip', '']) {
    const headers = { ...ownForm, 'content-encoding': coding }
    assert.equal((await sendRaw(at, 'kind=tea', headers)).status, 415, coding)
  }
  assert.equal(at.site.runs.runs.get(run), undefined)
  for (const type of [
    formType.toUpperCase(),
    `${formType};charset=UTF-8`,
    `${formType}; charset="utf-8"`,
  ]) {
    assert.equal(
      (await sendRaw(at, 'kind=tea', { ...ownForm, 'content-type': type })).status,
      303,
      type,
    )
  }
})

test('input: path parameters that are no ids are pages that do not exist', async (t) => {
  const at = await ready(t)
  const admin = await at.site.signInAs('admin')
  const ids = [
    '1',
    '0',
    '-1',
    'null',
    'undefined',
    'NaN',
    '__proto__',
    'constructor',
    'toString',
    '*',
    ':noteId',
    '019B76DA-A800-7000-8000-000000000001',
    '019b76da-a800-4000-8000-000000000001',
    '019b76da-a800-7000-8000-00000000000',
    '%7Bid%7D',
    '019b76da-a800-7000-8000-000000000001%20',
    '[object%20Object]',
    '%E2%80%8B',
    'x'.repeat(2000),
  ]
  for (const one of ids) {
    assert.equal((await admin.get(`/notes/${one}`)).status, 404, one)
    const formToken = await tokenOf(admin)
    assert.equal((await send(admin, `/admin/people/${one}/delete`, { formToken })).status, 404, one)
  }
  assert.equal(at.site.runs.runs.get('GET /notes'), undefined)
})

test('input: nobody owns what has no owner, and an owner of another kind is nobody', async (t) => {
  const at = await ready(t)
  const path = '/notes/019b76da-a800-7000-8000-000000000009'
  const owners: readonly unknown[] = [
    null,
    undefined,
    '',
    0,
    true,
    [at.member.cookies],
    {},
    [],
    'null',
    ' ',
  ]
  for (const ownerId of owners) {
    // What a JavaScript caller's load may give: the type says string.
    at.site.notes.set(path.slice(7), { ownerId: ownerId as string, body: 'x' })
    assert.equal((await at.member.get(path)).status, 403, String(ownerId))
  }
})
