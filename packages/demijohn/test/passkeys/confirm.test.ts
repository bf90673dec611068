/** Confirming by a passkey: with one that recognises its owner, or by a touch beside the password. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { hasher, person } from './projectFixture.ts'
import { assertion, open, send } from './softDeviceFixture.ts'
import { add, halfSignedIn, minute, site, whoIs } from './visitFixture.ts'

const page = '/login/confirm/passkey?next=/private'
const { password } = person

/** Somebody with a password and one passkey, whose proof is of more than ten minutes ago. */
async function withPasskey(t: TestContext, options: { readonly verified: boolean }) {
  const flask = await site(t)
  const member = await flask.signInAs('member')
  const passwordHash = await hasher.hashPassword(password)
  assert.ok(typeof passwordHash === 'string')
  await flask.db.updateTable('demijohn_accounts').set({ passwordHash }).execute()
  const credential = await add(member, options)
  flask.clock.advance(11 * minute)
  const isFresh = async () => (await member.get('/account/factors')).status === 200
  assert.equal(await isFresh(), false)
  return { flask, member, credential, isFresh }
}

test('[asvs 7.5.1] passkeys: a touch confirms beside the password, and neither does without the other', async (t) => {
  const { member, credential, isFresh } = await withPasskey(t, { verified: false })
  const confirm = await member.get('/login/confirm?next=/private')
  assert.match(confirm.text, /<a href="\/login\/confirm\/passkey\?next=%2Fprivate">/)
  assert.equal((await member.post('/login/confirm', { password, code: '' })).status, 422)
  for (const given of ['', 'another one', password]) {
    const asked = await open(member, page)
    assert.equal(asked.options.userVerification, 'preferred')
    const touch = assertion(asked, credential, { verified: false })
    const answer = given === password ? { ...touch, signature: 'AAAA' } : touch
    const reply = await send(member, asked, { ...answer, password: given })
    assert.equal(reply.status, 422)
    assert.equal(await isFresh(), false)
  }
  const asked = await open(member, page)
  const touch = assertion(asked, credential, { verified: false })
  const reply = await send(member, asked, { ...touch, password })
  assert.deepEqual([reply.status, reply.location], [303, '/private'])
  assert.ok(await isFresh())
})

test('passkeys: one that has a PIN by now counts alone once the password was given with it', async (t) => {
  const { flask, member, credential } = await withPasskey(t, { verified: false })
  const alone = async () => {
    const stranger = flask.visitor()
    const asked = await open(stranger, '/login/passkey')
    await send(stranger, asked, assertion(asked, credential))
    return whoIs(stranger)
  }
  const asked = await open(member, page)
  const wrong = { ...assertion(asked, credential), password: 'another one' }
  assert.equal((await send(member, asked, wrong)).status, 422)
  const half = await halfSignedIn(flask, member)
  const second = await open(half, '/login/second-factor/passkey')
  assert.equal((await send(half, second, assertion(second, credential))).status, 303)
  const touched = await open(member, page)
  const touch = assertion(touched, credential, { verified: false })
  assert.equal((await send(member, touched, { ...touch, password })).status, 303)
  assert.equal(await alone(), 'nobody')
  const right = await open(member, page)
  const answer = { ...assertion(right, credential), password }
  assert.equal((await send(member, right, answer)).location, '/private')
  assert.equal(await alone(), 'Member 1')
})

test('passkeys: guesses at the password beside a touch have to wait', async (t) => {
  const { flask, member, credential, isFresh } = await withPasskey(t, { verified: false })
  const tryWith = async (given: string) => {
    const asked = await open(member, page)
    const touch = assertion(asked, credential, { verified: false })
    return (await send(member, asked, { ...touch, password: given })).status
  }
  const statuses: number[] = []
  for (let at = 0; at < 11; at += 1) statuses.push(await tryWith(`guess ${at}`))
  assert.deepEqual(statuses, [...Array(10).fill(422), 429])
  assert.equal(await tryWith(password), 429)
  assert.match(flask.logLines.join(''), /authn_login_fail_max/)
  assert.equal(await isFresh(), false)
})

test('passkeys: one that recognises its owner confirms by itself, and no password is asked for', async (t) => {
  const { member, credential, isFresh } = await withPasskey(t, { verified: true })
  const asked = await open(member, '/login/confirm?next=/private')
  assert.equal(asked.options.userVerification, 'required')
  assert.doesNotMatch((await member.get(page)).text, /name="password"/)
  const touch = assertion(asked, credential, { verified: false })
  assert.equal((await send(member, asked, touch)).status, 422)
  assert.equal(await isFresh(), false)
  const again = await open(member, '/login/confirm?next=/private')
  assert.equal((await send(member, again, assertion(again, credential))).location, '/private')
  assert.ok(await isFresh())
})
