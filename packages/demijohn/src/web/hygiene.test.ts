import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isRefusal } from '../core/refusals.ts'
import { type RequestHead, readHead } from './hygiene.ts'
import type { WireRequest } from './wire.ts'

const hosts = new Set(['site.example', 'site.example:8443'])

async function* emptyBody(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array()
}

function wire(over: Partial<WireRequest> = {}, headers: readonly string[] = []): WireRequest {
  return {
    method: 'GET',
    target: '/',
    httpVersion: '1.1',
    rawHeaders: ['Host', 'site.example', ...headers],
    peerAddress: '192.0.2.1',
    encrypted: true,
    body: emptyBody(),
    ...over,
  }
}

function code(request: WireRequest, names: ReadonlySet<string> | 'loopback' = hosts): string {
  const head = readHead(request, { hosts: names })
  return isRefusal(head) ? head.code : 'accepted'
}

function head(request: WireRequest): RequestHead {
  const read = readHead(request, { hosts })
  if (isRefusal(read)) assert.fail(`refused: ${read.code} ${read.detail}`)
  return read
}

test('hygiene: an ordinary request is read', () => {
  const read = head(
    wire({ method: 'POST', target: '/%61?q=1' }, ['Content-Type', ' text/plain\t', 'X-Own', 'y']),
  )
  assert.equal(read.method, 'POST')
  assert.equal(read.path, '/a')
  assert.equal(read.rawQuery, 'q=1')
  assert.equal(read.host, 'site.example')
  assert.deepEqual(
    [...read.headers],
    [
      ['host', 'site.example'],
      ['content-type', 'text/plain'],
      ['x-own', 'y'],
    ],
  )
})

for (const version of ['1.0', '0.9', '2.0', '1.2', '', '1.1 ']) {
  test(`hygiene: HTTP version ${JSON.stringify(version)} is refused`, () => {
    assert.equal(code(wire({ httpVersion: version })), 'request.version')
  })
}

for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
  test(`hygiene: ${method} is read`, () => {
    assert.equal(head(wire({ method })).method, method)
  })
}

for (const method of [
  'TRACE',
  'TRACK',
  'CONNECT',
  'get',
  'Post',
  'PROPFIND',
  'QUERY',
  '',
  'GET ',
]) {
  test(`[asvs 4.1.4] hygiene: method ${JSON.stringify(method)} is refused`, () => {
    assert.equal(code(wire({ method })), 'request.method')
  })
}

for (const target of [
  'http://site.example/',
  'https://evil.example/a',
  'site.example:443',
  '*',
  '',
]) {
  test(`hygiene: target ${JSON.stringify(target)} is refused for each method`, () => {
    for (const method of ['GET', 'OPTIONS', 'POST']) {
      assert.equal(code(wire({ method, target })), 'request.target')
    }
  })
}

test('hygiene: Host is one of ours, in lower case', () => {
  assert.equal(head(wire({ rawHeaders: ['HOST', 'SITE.Example:8443'] })).host, 'site.example:8443')
  assert.equal(code(wire({ rawHeaders: ['Host', 'evil.example'] })), 'request.host')
  assert.equal(code(wire({ rawHeaders: ['Host', 'localhost:1'] }), 'loopback'), 'accepted')
})

test('hygiene: Host has to be there, once and well-formed', () => {
  assert.equal(code(wire({ rawHeaders: ['Host', ''] })), 'request.header')
  assert.equal(code(wire({ rawHeaders: ['Host', 'a@site.example'] })), 'request.header')
  assert.equal(code(wire({ rawHeaders: [] })), 'request.header')
  assert.equal(code(wire({}, ['host', 'site.example'])), 'request.header')
  assert.equal(code(wire({}, ['HOST', 'evil.example'])), 'request.header')
})

test('[asvs 4.2.1] hygiene: one framing is taken', () => {
  for (const length of ['0', '42', '007', '999999999999999']) {
    assert.equal(code(wire({}, ['Content-Length', length])), 'accepted')
  }
  assert.equal(code(wire({}, ['Transfer-Encoding', 'chunked'])), 'accepted')
})

const badLengths = ['', '+1', '-1', '1.0', '0x10', '1e3', '1,1', '1 1', '1'.repeat(16), 'chunked']
const badCodings = [
  '',
  'Chunked',
  'CHUNKED',
  'gzip',
  'gzip, chunked',
  'chunked, chunked',
  'identity',
]
const oddCodings = [
  'chunked,',
  ', chunked',
  'xchunked',
  'chunked;q=1',
  'chunked\u00a0',
  '\u00a0chunked',
]

test('[asvs 4.2.1] hygiene: conflicting, repeated and malformed framing is refused', () => {
  const cases = [
    ['Content-Length', '1', 'Transfer-Encoding', 'chunked'],
    ['transfer-encoding', 'chunked', 'content-length', '0'],
    ['Content-Length', '1', 'content-length', '1'],
    ['Content-Length', '1', 'Content-Length', '2'],
    ['Transfer-Encoding', 'chunked', 'TRANSFER-ENCODING', 'chunked'],
    ...badLengths.map((value) => ['Content-Length', value]),
    ...[...badCodings, ...oddCodings].map((value) => ['Transfer-Encoding', value]),
  ]
  for (const headers of cases) {
    assert.equal(code(wire({}, headers)), 'request.framing', headers.join('|'))
  }
})

const singles = [
  ...['Content-Type', 'Content-Encoding', 'Origin', 'Referer', 'Authorization', 'Cookie'],
  ...['Sec-Fetch-Site', 'Sec-Fetch-Mode', 'Sec-Fetch-Dest', 'Sec-Fetch-User', 'User-Agent', 'DPoP'],
]

for (const name of singles) {
  test(`hygiene: ${name} may stand once, in whatever case it is repeated`, () => {
    assert.equal(code(wire({}, [name, 'a'])), 'accepted')
    for (const again of [name, name.toLowerCase(), name.toUpperCase()]) {
      for (const value of ['a', 'b', '']) {
        assert.equal(code(wire({}, [name, 'a', again, value])), 'request.header')
      }
    }
  })
}

test('hygiene: one expectation is met, in any case of its letters (RFC 9110 section 10.1.1)', () => {
  for (const value of ['100-continue', '100-Continue', ' 100-CONTINUE\t']) {
    assert.equal(code(wire({}, ['Expect', value])), 'accepted', value)
  }
  for (const value of [
    '',
    'coffee',
    '100-continue, coffee',
    '100-continue;q=1',
    '100',
    'x100-continue',
  ]) {
    assert.equal(code(wire({}, ['Expect', value])), 'request.expectation', value)
  }
  assert.equal(
    code(wire({}, ['Expect', '100-continue', 'expect', '100-continue'])),
    'request.header',
  )
})

test('hygiene: lists are joined in the order sent', () => {
  const lists = ['If-None-Match', '"a"', 'X-Own', '1', 'if-none-match', '"b"', 'x-own', '']
  const read = head(wire({}, lists))
  assert.equal(read.headers.get('if-none-match'), '"a", "b"')
  assert.equal(read.headers.get('x-own'), '1, ')
})

test('hygiene: control characters in a value are refused, HTAB and obs-text are not', () => {
  for (let byte = 0; byte < 256; byte += 1) {
    const control = (byte < 0x20 && byte !== 0x09) || byte === 0x7f
    for (const name of ['X-Own', 'User-Agent', 'Cookie']) {
      const value = `a${String.fromCharCode(byte)}b`
      assert.equal(
        code(wire({}, [name, value])),
        control ? 'request.header' : 'accepted',
        `${byte}`,
      )
    }
  }
  assert.equal(code(wire({}, ['X-Own', '\u2028'])), 'request.header')
})

test('hygiene: only SP and HTAB are trimmed', () => {
  assert.equal(head(wire({}, ['X-Own', ' \t a b \t'])).headers.get('x-own'), 'a b')
  assert.equal(head(wire({}, ['X-Own', '\u00a0a\u00a0'])).headers.get('x-own'), '\u00a0a\u00a0')
  assert.equal(head(wire({}, ['X-Own', ' \t ', 'Accept', ''])).headers.get('x-own'), '')
})

test('hygiene: a name is a token', () => {
  for (let byte = 0; byte < 256; byte += 1) {
    const character = String.fromCharCode(byte)
    // RFC 9110 section 5.6.2, written out.
    const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(character)
    assert.equal(code(wire({}, [`x${character}y`, 'v'])), token ? 'accepted' : 'request.header')
  }
  assert.equal(code(wire({}, ['', 'v'])), 'request.header')
})

test('hygiene: names that objects know are names like any other', () => {
  const read = head(wire({}, ['__proto__', 'a', 'constructor', 'b']))
  assert.equal(read.headers.get('__proto__'), 'a')
  assert.equal(read.headers.get('constructor'), 'b')
})

test('hygiene: a hundred headers are read, one more is refused', () => {
  const some = (count: number) => Array.from({ length: count }, () => ['X-Own', 'a']).flat()
  assert.equal(code(wire({}, some(99))), 'accepted')
  assert.equal(code(wire({}, some(100))), 'request.header')
})

test('hygiene: never throws, whatever the wire carries', () => {
  const text = fc.string({ unit: 'binary', maxLength: 30 })
  const name = fc.oneof(fc.constantFrom('Host', 'Cookie', 'Content-Length', 'X-Own'), text)
  const pairs = fc.array(fc.tuple(name, text), { maxLength: 12 })
  const property = fc.property(text, text, pairs, (method, target, headers) => {
    const request = wire({ method, target }, headers.flat())
    assert.ok(readHead(request, { hosts }))
    assert.ok(readHead(wire({}, headers.flat()), { hosts: 'loopback' }))
  })
  fc.assert(property, { numRuns: 3_000 })
})
