import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { describeBrowser } from './userAgent.ts'

const mozilla = 'Mozilla/5.0'
const gecko = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const cases: Readonly<Record<string, string>> = {
  [`${mozilla} (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0`]: 'Firefox on Linux',
  [`${mozilla} (Windows NT 10.0; Win64; x64) ${gecko} Chrome/142.0.0.0 Safari/537.36`]:
    'Chrome on Windows',
  [`${mozilla} (Windows NT 10.0; Win64; x64) ${gecko} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`]:
    'Edge on Windows',
  [`${mozilla} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15`]:
    'Safari on macOS',
  [`${mozilla} (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.0.0 Mobile/15E148 Safari/604.1`]:
    'Chrome on iPhone',
  [`${mozilla} (iPad; CPU OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/146.0 Mobile/15E148 Safari/605.1.15`]:
    'Firefox on iPad',
  [`${mozilla} (Linux; Android 16; SM-S921B) ${gecko} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36`]:
    'Samsung Internet on Android',
  [`${mozilla} (X11; CrOS x86_64 14541.0.0) ${gecko} Chrome/142.0.0.0 Safari/537.36`]:
    'Chrome on ChromeOS',
  [`${mozilla} (X11; Linux x86_64) ${gecko} Chrome/142.0.0.0 Safari/537.36 OPR/124.0.0.0`]:
    'Opera on Linux',
  'curl/8.14.1': 'an unknown browser',
  'Something (Windows)': 'a browser on Windows',
  '': 'an unknown browser',
}
for (const [userAgent, want] of Object.entries(cases)) {
  test(`user agent: ${want}: ${userAgent.slice(0, 40)}`, () => {
    assert.equal(describeBrowser(userAgent), want)
  })
}

const words = /^(?:[A-Z][A-Za-z ]{3,16}|an? (?:unknown )?browser)(?: on [A-Za-z]{5,8})?$/

test('user agent: nothing of what was sent is repeated, whatever it is', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 600 }),
    fc.constantFrom(
      '<script>alert(1)</script> Firefox/1',
      `Firefox/${'9'.repeat(1_000_000)} Linux`,
      'Safari/1 Android\r\nBcc: all@site.example',
      '\u202eFirefox/ Windows',
    ),
  )
  fc.assert(
    fc.property(hostile, (userAgent) => {
      const said = describeBrowser(userAgent)
      assert.match(said, words)
      assert.ok(said.length <= 32)
    }),
  )
})
