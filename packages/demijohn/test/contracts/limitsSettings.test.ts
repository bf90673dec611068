/** What the environment says about the store that limits are shared in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomSecret } from '../../src/core/bytes.ts'
import { runSettings } from '../../src/serve/settings.ts'

const production = {
  NODE_ENV: 'production',
  ORIGIN: 'https://press.example',
  KEYS: randomSecret(),
}
const needs = { mail: false, sharedLimits: true }

test('shared limits: a project that names a store needs its address in production', () => {
  assert.throws(() => runSettings('press', production, needs), /REDIS_URL is not set/)
  const url = 'rediss://user:pass%2Fword@redis.example:6380/2'
  assert.equal(runSettings('press', { ...production, REDIS_URL: url }, needs).redisUrl, url)
})

test('shared limits: what is wrong is said with all else, and without the secret', () => {
  const mails = { mail: true, sharedLimits: true }
  for (const url of [
    'localhost:6379',
    'https://:topsecret@host',
    'redis://',
    'redis://[topsecret',
  ]) {
    assert.throws(
      () => runSettings('press', { ...production, REDIS_URL: url }, mails),
      (error) => {
        assert.ok(error instanceof Error)
        assert.match(error.message, /REDIS_URL is no address of a Redis/)
        assert.match(error.message, /SMTP_URL is not set/)
        assert.doesNotMatch(error.message, /topsecret/)
        return true
      },
    )
  }
})

test('shared limits: whoever names no store is asked for none', () => {
  const environment = { ...production, REDIS_URL: '' }
  assert.equal(runSettings('press', environment, { mail: false }).redisUrl, undefined)
})
