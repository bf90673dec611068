import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { parseAddress } from './address.ts'
import { clientKey, findClient, parseNetworks } from './client.ts'

test('client key: IPv4 stays, every IPv6 address of a /64 is one', () => {
  assert.equal(clientKey('192.0.2.1'), '192.0.2.1')
  assert.equal(clientKey('::1'), '::/64')
  const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 })
  const hex = (all: number[]) => all.map((group) => group.toString(16)).join(':')
  const property = fc.property(groups, groups, groups, (network, one, other) => {
    fc.pre(hex(network) !== '0:0:0:0')
    const first = parseAddress(`${hex(network)}:${hex(one)}`) ?? ''
    const second = parseAddress(`${hex(network)}:${hex(other)}`) ?? ''
    assert.equal(clientKey(first), clientKey(second))
    assert.equal(clientKey(first), `${parseAddress(`${hex(network)}:0:0:0:0`)}/64`)
    const neighbour = [...network.slice(0, 3), (network[3] ?? 0) ^ 1]
    assert.notEqual(
      clientKey(parseAddress(`${hex(neighbour)}:${hex(one)}`) ?? ''),
      clientKey(first),
    )
  })
  fc.assert(property, { numRuns: 2_000 })
})

test('client key: mapped IPv4 addresses do not share one', () => {
  const keyOf = (text: string) => clientKey(parseAddress(text) ?? '')
  assert.equal(keyOf('::ffff:192.0.2.1'), '192.0.2.1')
  assert.notEqual(keyOf('::ffff:192.0.2.1'), keyOf('::ffff:192.0.2.2'))
})

const trusted = parseNetworks(['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '2001:db8:5::/49'])

function client(peerAddress: string, forwardedFor?: string, networks = trusted): string {
  return findClient({ peerAddress, forwardedFor, trustedProxies: networks })
}

test('[asvs 4.1.3] client: without trusted proxies the peer is the client, whatever it says', () => {
  for (const forged of ['203.0.113.9', '127.0.0.1', '', '::1, 10.0.0.1']) {
    assert.equal(client('198.51.100.1', forged, []), '198.51.100.1')
    assert.equal(client('::ffff:198.51.100.1', forged, []), '198.51.100.1')
  }
})

const walks = [
  { name: 'no header', peer: '10.0.0.1', header: undefined, want: '10.0.0.1' },
  {
    name: 'a stranger forwards',
    peer: '198.51.100.1',
    header: '203.0.113.9',
    want: '198.51.100.1',
  },
  { name: 'one proxy', peer: '10.0.0.1', header: '203.0.113.9', want: '203.0.113.9' },
  {
    name: 'never the leftmost',
    peer: '10.0.0.1',
    header: '127.0.0.1, 203.0.113.9',
    want: '203.0.113.9',
  },
  {
    name: 'two proxies',
    peer: '10.0.0.1',
    header: '1.1.1.1,203.0.113.9,\t10.9.9.9',
    want: '203.0.113.9',
  },
  { name: 'all trusted', peer: '10.0.0.1', header: '10.1.1.1, 10.2.2.2', want: '10.1.1.1' },
  { name: 'IPv6 proxy', peer: 'fd12::1', header: '2001:DB8::1', want: '2001:db8::1' },
  {
    name: 'mapped proxy',
    peer: '::ffff:10.0.0.1',
    header: '::ffff:203.0.113.9',
    want: '203.0.113.9',
  },
  { name: 'single address', peer: '192.0.2.7', header: '203.0.113.9', want: '203.0.113.9' },
  { name: 'its neighbour', peer: '192.0.2.6', header: '203.0.113.9', want: '192.0.2.6' },
  {
    name: 'inside of a /49',
    peer: '2001:db8:5:7fff::1',
    header: '203.0.113.9',
    want: '203.0.113.9',
  },
  {
    name: 'outside of it',
    peer: '2001:db8:5:8000::1',
    header: '203.0.113.9',
    want: '2001:db8:5:8000::1',
  },
  { name: 'unreadable peer', peer: '', header: '203.0.113.9', want: 'unknown' },
] as const

for (const { name, peer, header, want } of walks) {
  test(`[asvs 4.1.3] [asvs 15.3.4] client: ${name}`, () => assert.equal(client(peer, header), want))
}

const notEntries = [
  ...['', 'unknown', '256.1.1.1', '01.2.3.4', '1.2.3.4:80', '[2001:db8::1]', '[2001:db8::1]:80'],
  ...[
    'fe80::1%eth0',
    '1.2.3',
    'for=1.2.3.4',
    '"::1"',
    '1.2.3.4 5.6.7.8',
    '1.2.3.4;',
    '\u00a01.2.3.4',
  ],
  ...['localhost', '::1::', '1'.repeat(5_000), '10.0.0.2\n'],
]

test('client: an entry that is no address ends the search at the proxy', () => {
  for (const entry of notEntries) {
    assert.equal(client('10.0.0.1', `203.0.113.9, ${entry}`), '10.0.0.1', entry)
    assert.equal(client('10.0.0.1', `203.0.113.9, ${entry}, 10.0.0.2`), '10.0.0.2', entry)
  }
})

test('client: whatever a stranger puts in front, the proxy’s own entry decides', () => {
  const forged = fc.string({ unit: 'binary', maxLength: 40 })
  const property = fc.property(forged, (text) => {
    assert.equal(client('10.0.0.1', `${text},203.0.113.9`), '203.0.113.9')
    assert.equal(client('198.51.100.1', text), '198.51.100.1')
  })
  fc.assert(property, { numRuns: 2_000 })
})

test('client: many peers are told apart after the memory has been cleared', () => {
  for (let i = 0; i < 3_000; i += 1) {
    const address = `198.18.${i >> 8}.${i & 255}`
    assert.equal(client(`::ffff:${address}`, undefined, []), address)
  }
})

const badNetworks = [
  ...[
    '',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.1/8',
    '10.0.0/8',
  ],
  ...[
    '0.0.0.0/0',
    '::/0',
    'fd00::/129',
    'fd00::1/8',
    '::ffff:10.0.0.0/104',
    'localhost',
    '*',
    'loopback',
    '1',
  ],
]

for (const network of badNetworks) {
  test(`trusted networks: ${JSON.stringify(network)} does not start`, () => {
    assert.throws(() => parseNetworks(['10.0.0.0/8', network]), Misconfiguration)
  })
}

test('trusted networks: every prefix length bounds exactly its addresses', () => {
  for (let bits = 1; bits <= 32; bits += 1) {
    const base = (0xc0000201 & (bits === 32 ? -1 : ~(2 ** (32 - bits) - 1))) >>> 0
    const text = (n: number) => [24, 16, 8, 0].map((shift) => (n >>> shift) & 255).join('.')
    const networks = parseNetworks([`${text(base)}/${bits}`])
    const last = base + 2 ** (32 - bits) - 1
    for (const inside of [base, last]) {
      assert.equal(client(text(inside), '203.0.113.9', networks), '203.0.113.9')
    }
    for (const outside of [base - 1, last + 1]) {
      if (outside > 0xffffffff) continue
      assert.equal(client(text(outside), '203.0.113.9', networks), text(outside))
    }
  }
})
