import assert from 'node:assert/strict'
import { isIP, isIPv6 } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseAddress } from './address.ts'

const canonical = [
  ['192.0.2.1', '192.0.2.1'],
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['::', '::'],
  ['::1', '::1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['2001:DB8::0001', '2001:db8::1'],
  // RFC 5952 sections 4.2.2 and 4.2.3: no `::` for one group; the longest, then the first run.
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:0201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
] as const

for (const [text, want] of canonical) {
  test(`address: ${text} is ${want}`, () => assert.equal(parseAddress(text), want))
}

const notAddresses = [
  ...['', ' ', '1', '1.2.3', '1.2.3.4.5', '1.2.3.', '.1.2.3', '1..2.3', '256.1.1.1', '1.1.1.999'],
  ...[
    '01.2.3.4',
    '1.2.3.04',
    '00.0.0.0',
    '0x1.2.3.4',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '+1.2.3.4',
    '1e1.1.1.1',
  ],
  ...[
    '1.2.3.4:80',
    '[::1]',
    '[::1]:80',
    '::1%eth0',
    'fe80::1%1',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
  ],
  ...[
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '12345::',
    'g::',
    '::1.2.3',
    '::1.2.3.256',
    '1.2.3.4::',
  ],
  ...[
    '::ffff:01.2.3.4',
    '::1.2.3.4:5',
    '\u0661.2.3.4',
    'localhost',
    'unknown',
    '1'.repeat(100),
    '::1\n',
  ],
  ...[':1:2:3:4:5:6:7', '1:2:3:4:5:6:7:', '1:2:3:4:5:6:1.2.3.4:', '1:2:3:4:5:6:7:1.2.3.4'],
]

for (const text of notAddresses) {
  test(`address: ${JSON.stringify(text.slice(0, 40))} is none`, () => {
    assert.equal(parseAddress(text), undefined)
  })
}

test('address: agrees with node:net about what is one, and with WHATWG URL about its spelling', () => {
  const piece = fc.constantFrom('1', '0', 'ff', ':', '::', '.', '255', '256', '01', 'ffff', '%1')
  const loose = fc.array(piece, { maxLength: 16 }).map((all) => all.join(''))
  const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), loose)
  let read = 0
  const property = fc.property(text, (input) => {
    const address = parseAddress(input)
    assert.equal(address !== undefined, isIP(input) !== 0 && !input.includes('%'), input)
    if (address === undefined) return
    read += 1
    assert.equal(parseAddress(address), address)
    if (isIPv6(address)) assert.equal(new URL(`http://[${input}]`).hostname, `[${address}]`)
  })
  fc.assert(property, { numRuns: 10_000 })
  assert.ok(read > 1_000)
})
