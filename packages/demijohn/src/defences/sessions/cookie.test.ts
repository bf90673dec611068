import assert from 'node:assert/strict'
import test from 'node:test'
import { randomSecret } from '../../core/bytes.ts'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { parseSessionToken, sessionCookie } from './cookie.ts'
import { sessionOptions } from './options.ts'

test('[asvs 3.3.1] over https: the literal prefix, Secure, the whole host and no Domain', () => {
  assert.deepEqual(sessionCookie('https'), {
    name: '__Host-session',
    attributes: { path: '/', httpOnly: true, sameSite: 'Lax', secure: true },
  })
})

test('[asvs 3.3.4] on loopback http: still HttpOnly and SameSite', () => {
  assert.deepEqual(sessionCookie('http'), {
    name: 'session',
    attributes: { path: '/', httpOnly: true, sameSite: 'Lax', secure: false },
  })
})

test('only what has the shape of a token is looked up', () => {
  const token = randomSecret()
  assert.equal(parseSessionToken(token), token)
  for (const wrong of [
    undefined,
    '',
    'x',
    `${token}=`,
    ` ${token}`,
    token.slice(1),
    `"${token}"`,
  ]) {
    assert.equal(parseSessionToken(wrong), undefined)
  }
})

test('options: defaults are complete and frozen, and nonsense is refused at start', () => {
  assert.deepEqual(sessionOptions(), {
    idleTimeoutMinutes: 240,
    absoluteTimeoutHours: 24,
    maxSessionsPerAccount: 50,
    cachedSessions: 10_000,
  })
  assert.ok(Object.isFrozen(sessionOptions()))
  for (const wrong of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e9]) {
    assert.throws(() => sessionOptions({ idleTimeoutMinutes: wrong }), Misconfiguration)
    assert.throws(() => sessionOptions({ absoluteTimeoutHours: wrong }), Misconfiguration)
  }
  assert.throws(
    () => sessionOptions({ idleTimeoutMinutes: 120, absoluteTimeoutHours: 1 }),
    Misconfiguration,
  )
  assert.throws(
    () => sessionOptions(JSON.parse('{"idleTimeout":5}')),
    /idleTimeout is not an option/,
  )
})
