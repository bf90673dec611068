import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHost, type Hosts } from './host.ts'

const hosts = new Set(['site.example', 'site.example:8443'])

/** The host as taken, or the code of the refusal. */
function verdict(value: string | undefined, names: Hosts = hosts): string {
  const host = checkHost(value, names)
  return typeof host === 'string' ? host : host.code
}

const malformed = [
  ...[
    '',
    'a@site.example',
    'site.example,evil.example',
    'site.example evil.example',
    'site.example/',
  ],
  ...[
    'site.example:',
    'site.example:0x50',
    'site.example:65536',
    'site.example:999999',
    '[::1',
    '::1',
  ],
  ...[
    'site.example#',
    'site.example?',
    'site.example\\',
    'site%2eexample',
    's\u00efte.example',
    'a:b@c',
  ],
  ...[
    'site.example\n',
    ' site.example',
    'site.example\u0000',
    '\u017fite.example',
    'a'.repeat(5_000),
  ],
]

for (const host of malformed) {
  test(`host: ${JSON.stringify(host.slice(0, 40))} is malformed`, () => {
    assert.equal(verdict(host), 'request.header')
    assert.equal(verdict(host, 'loopback'), 'request.header')
  })
}

test('host: none is malformed', () => assert.equal(verdict(undefined), 'request.header'))

const foreign = [
  'evil.example',
  'site.example.',
  'site.example:80',
  'x.site.example',
  'localhost',
  '[::1]',
]

for (const host of foreign) {
  test(`host: ${host} is not ours`, () => assert.equal(verdict(host), 'request.host'))
}

test('host: ours is compared and given in lower case, port included', () => {
  assert.equal(verdict('site.example'), 'site.example')
  assert.equal(verdict('SITE.Example:8443'), 'site.example:8443')
})

test('host: loopback takes this machine on any port and nothing else', () => {
  for (const name of ['localhost', 'LOCALHOST', '127.0.0.1', '[::1]']) {
    for (const port of ['', ':1', ':8080', ':65535']) {
      assert.equal(verdict(name + port, 'loopback'), name.toLowerCase() + port)
    }
  }
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.2', '0.0.0.0', '[::2]']) {
    assert.equal(verdict(host, 'loopback'), 'request.host')
  }
})
