import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { otpauthUri } from './otpauth.ts'

// RFC 4648: "foobar" is MZXW6YTBOI.
const secret = Buffer.from('foobar')

test('otpauth: label, secret, issuer and what the codes are', () => {
  assert.equal(
    otpauthUri({ issuer: 'The Press', account: 'ada@press.example', secret }),
    'otpauth://totp/The%20Press:ada%40press.example?secret=MZXW6YTBOI&issuer=The%20Press&algorithm=SHA1&digits=6&period=30',
  )
})

const hostile = [
  'a:b',
  'a%3Ab',
  'a&secret=AAAA',
  'a?secret=AAAA#',
  'a/../b',
  'a\'"<b>',
  'a\nb\0',
  'ä 🙂',
  '\ud800',
  "!'()*",
  'x'.repeat(5000),
  '🙂'.repeat(5000),
]
for (const name of hostile) {
  test(`otpauth: ${JSON.stringify(name).slice(0, 24)} stays a name`, () => hold(name))
}

test('otpauth: any name stays a name', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), hold))
})

function hold(name: string): void {
  const uri = otpauthUri({ issuer: name, account: name, secret })
  assert.match(uri, /^otpauth:\/\/totp\/[\w.~%-]*:[\w.~%-]*\?[\w.~%&=-]*$/)
  assert.ok(uri.length < 40 * 12 * 3 + 100)
  const url = new URL(uri)
  assert.deepEqual(
    [...url.searchParams.keys()],
    ['secret', 'issuer', 'algorithm', 'digits', 'period'],
  )
  assert.equal(url.searchParams.get('secret'), 'MZXW6YTBOI')
  const [issuer, account] = url.pathname.split('/').at(-1)?.split(':') ?? []
  assert.equal(issuer, account)
  assert.doesNotMatch(decodeURIComponent(issuer ?? ''), /[:\p{Cc}]/u)
  assert.equal(url.searchParams.get('issuer'), decodeURIComponent(issuer ?? ''))
}
