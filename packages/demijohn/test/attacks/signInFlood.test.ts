/**
 * More sign-ins than can be hashed: what is refused costs nothing, tells nothing, and takes no place
 * from the owner of an account in a browser that was used before.
 *
 * Hashes are held here until a test lets them go, so that the queue is full for as long as it looks.
 */
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { availableParallelism } from 'node:os'
import { mock, type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import type { TestClient, TestReply } from '../../src/testing/client.ts'
import { type Attacked, goodPassword, login, openAttacked, register, tokenOf } from './fixture.ts'

const email = 'ann@site.example'
/**
 * docs/limits.md: two at once, but for the one core that is left to others, and thirty-two waiting;
 * a quarter of those is for known browsers.
 */
const strangersThatFit = (availableParallelism() > 2 ? 2 : 1) + 24

/** From now on hashes begin only when the function it gives is called. */
function holdHashes(t: TestContext): () => void {
  const original = crypto.argon2
  const held: (() => void)[] = []
  let isOpen = false
  const watched = mock.method(crypto, 'argon2', (...asked: Parameters<typeof original>) => {
    if (isOpen) original(...asked)
    else held.push(() => original(...asked))
  })
  syncBuiltinESMExports()
  t.after(() => {
    watched.mock.restore()
    syncBuiltinESMExports()
  })
  return () => {
    isOpen = true
    for (const begin of held.splice(0)) begin()
  }
}

async function tryFrom(
  at: number,
  browser: TestClient,
  values: { readonly email: string; readonly password: string },
): Promise<TestReply> {
  const formToken = await tokenOf(browser, '/login')
  return browser.send({
    method: 'POST',
    target: '/login',
    peerAddress: `198.51.100.${at}`,
    headers: {
      origin: 'https://site.example',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ formToken, ...values }).toString(),
  })
}

/** Lets everything happen that waits for nothing but its turn. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate)
}

/** As many sign-ins of strangers as may wait, none of them answered yet. */
async function fill(site: Attacked): Promise<readonly Promise<TestReply>[]> {
  const waiting: Promise<TestReply>[] = []
  for (let at = 0; at < strangersThatFit; at += 1) {
    const values = { email: `nobody-${at}@site.example`, password: 'a wrong guess' }
    waiting.push(tryFrom(at, site.visitor(), values))
    await quiet()
  }
  return waiting
}

async function writes({ db }: Attacked): Promise<number> {
  const { rows } = await sql<{ changes: number }>`select total_changes() as changes`.execute(db)
  return Number(rows[0]?.changes)
}

test('[asvs 6.3.8] flood: what is refused for want of room is refused before anything is written, whoever it names', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email })
  const release = holdHashes(t)
  const waiting = await fill(site)
  const before = await writes(site)
  const answers = []
  for (const [at, who] of [email, 'stranger@site.example', email].entries()) {
    const reply = await tryFrom(100 + at, site.visitor(), { email: who, password: goodPassword })
    assert.equal(reply.status, 503)
    assert.equal(reply.header('retry-after'), '2')
    answers.push(reply.text.replace(/503 · [\w-]+/g, 'ID').replaceAll(who, 'EMAIL'))
  }
  assert.equal(answers[0], answers[1])
  assert.equal(await writes(site), before)
  release()
  for (const reply of await Promise.all(waiting)) assert.equal(reply.status, 422)
  // The tries that were refused are not held against anybody.
  assert.equal((await login(site.visitor(), email)).status, 303)
})

test('flood: an owner in a browser that was used before has a place that strangers cannot take', async (t) => {
  const site = await openAttacked(t)
  await register(site, { email })
  const own = site.visitor()
  assert.equal((await login(own, email)).status, 303)
  await own.post('/logout', {}, { from: '/me' })
  const release = holdHashes(t)
  const waiting = await fill(site)
  const values = { email, password: goodPassword }
  assert.equal((await tryFrom(100, site.visitor(), values)).status, 503)
  const owner = tryFrom(101, own, values)
  // A browser that is known to another account is a stranger to this one.
  assert.equal((await tryFrom(102, own, { ...values, email: 'eve@site.example' })).status, 503)
  await quiet()
  release()
  assert.equal((await owner).status, 303)
  for (const reply of await Promise.all(waiting)) assert.equal(reply.status, 422)
})
