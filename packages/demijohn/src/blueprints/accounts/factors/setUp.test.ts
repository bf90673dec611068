import assert from 'node:assert/strict'
import test from 'node:test'
import { totp } from '../../../defences/factors/oneTimeCodes.ts'
import { addPerson, arriveAs, enrol, openSite, shownCodes, shownSecret } from './siteFixture.ts'

const overview = '/account/factors'
const setUp = '/account/factors/totp'
const remove = '/account/factors/totp/remove'
const recovery = '/account/factors/recovery-codes'

test('an app is set up by its first code; other sessions end, and the owner is told', async (t) => {
  const { site } = await openSite(t)
  const ada = await addPerson(site, 'member')
  const [client, elsewhere] = [await arriveAs(site, ada), await arriveAs(site, ada)]
  assert.match((await client.get(overview)).text, /Set up an app/)
  assert.equal((await client.get(setUp)).location, overview)
  await client.post(`${setUp}/new`, {}, { from: overview })
  const shown = await client.get(setUp)
  const secret = shownSecret(shown)
  assert.match(shown.text, /<svg class="qr-code" role="img" aria-label="[^"]+"/)
  assert.match(shown.header('content-security-policy') ?? '', /style-src 'self'(?:;|$)/)
  assert.equal(shown.header('cache-control'), 'no-store')
  const wrong = await client.post(setUp, { code: '000000' })
  assert.equal(wrong.status, 422)
  assert.deepEqual(shownSecret(wrong), secret)
  assert.equal((await elsewhere.get('/private')).status, 200)
  const before = client.cookies.get('__Host-session')
  const done = await client.post(setUp, { code: totp(secret, site.clock.now()) })
  assert.equal(done.status, 200)
  assert.equal(done.header('cache-control'), 'no-store')
  const codes = shownCodes(done)
  assert.equal(new Set(codes).size, 10)
  assert.notEqual(client.cookies.get('__Host-session'), before)
  assert.equal((await client.get('/private')).status, 200)
  assert.match((await elsewhere.get('/private')).location ?? '', /^\/login\?/)
  const after = await client.get(overview)
  assert.match(after.text, /In use since <time datetime="2026-01-01T00:00:00.000Z">1 January 2026</)
  for (const code of codes) assert.equal(after.text.includes(code), false)
  assert.equal((await client.get(setUp)).location, overview)
  const mails = await site.mails()
  assert.deepEqual(
    mails.map(({ to }) => to),
    [ada.email],
  )
  assert.match(mails[0]?.subject ?? '', /authenticator app was set up/)
  assert.match(site.logLines.join(''), /user_updated/)
})

test('[asvs 6.3.3] whose role demands a factor reaches the pages that set one up, and no other', async (t) => {
  const { site, written } = await openSite(t)
  const client = await arriveAs(site, await addPerson(site, 'admin'))
  const led = await client.get('/write')
  assert.deepEqual([led.status, led.location], [303, `${overview}?next=%2Fwrite`])
  assert.equal((await client.get('/private')).status, 303)
  assert.deepEqual(written, [])
  const page = await client.follow(led)
  assert.match(page.text, /needs a second factor before you go on/)
  const begin = page.forms.find(({ action }) => action.startsWith(`${setUp}/new`))?.action ?? ''
  const begun = await client.post(begin, {}, { from: led.location ?? '' })
  assert.equal(begun.location, `${setUp}?next=%2Fwrite`)
  const secret = shownSecret(await client.follow(begun))
  const code = totp(secret, site.clock.now())
  const done = await client.post(begun.location ?? '', { code })
  assert.equal(done.status, 200)
  assert.match(done.text, /<a class="button" href="\/write">/)
  assert.equal((await client.get('/write')).status, 200)
  assert.match(site.logLines.join(''), /authn_login_success/)
})

test('[asvs 6.3.3] the last factor of a role that demands one stays; beside a passkey it goes', async (t) => {
  const { site } = await openSite(t)
  const ada = await addPerson(site, 'admin')
  const client = await arriveAs(site, ada)
  await enrol(site, client)
  const elsewhere = await arriveAs(site, ada, ['password', 'totp'])
  const refused = await client.post(remove)
  assert.equal(refused.status, 422)
  assert.match(refused.text, /Set up another one/)
  assert.match((await client.get(overview)).text, /In use since/)
  assert.equal((await elsewhere.get('/private')).status, 200)
  const subjects = (await site.mails()).map(({ subject }) => subject)
  assert.equal(subjects.filter((one) => /was removed/.test(one)).length, 0)
  await site.db
    .insertInto('demijohn_passkeys')
    .values({
      ...{ id: 'k', accountId: ada.id, publicKey: '', signCount: 0, transports: '', name: 'key' },
      ...{ createdAt: site.clock.now(), lastUsedAt: null },
    })
    .execute()
  assert.match((await client.get(overview)).text, /<h2>Passkeys<\/h2>\s*<p>You have one/)
  assert.equal((await client.post(remove)).location, overview)
  assert.match((await client.get(overview)).text, /Set up an app/)
  const half = await arriveAs(site, ada)
  assert.match((await half.get('/login/second-factor')).text, /Use a passkey/)
})

test('[asvs 6.5.6] an app is removed: other sessions end, the owner is told, codes are dead', async (t) => {
  const { site } = await openSite(t)
  const ada = await addPerson(site, 'member')
  const client = await arriveAs(site, ada)
  await enrol(site, client)
  const elsewhere = await arriveAs(site, ada, ['password', 'totp'])
  assert.equal((await client.post(remove)).location, overview)
  const after = await client.get(overview)
  assert.match(after.text, /Set up an app/)
  assert.doesNotMatch(after.text, /Recovery codes/)
  assert.match((await elsewhere.get('/private')).location ?? '', /^\/login\?/)
  assert.match((await site.mails()).at(-1)?.subject ?? '', /authenticator app was removed/)
  assert.equal((await client.get(remove)).location, overview)
  const anew = await arriveAs(site, ada)
  assert.equal((await anew.get('/private')).status, 200)
})

test('a new telephone: recovery codes stay as they are', async (t) => {
  const { site } = await openSite(t)
  const ada = await addPerson(site, 'member')
  const client = await arriveAs(site, ada)
  await enrol(site, client)
  assert.match((await client.get(overview)).text, /Move to another app/)
  await client.post(`${setUp}/new`, {}, { from: overview })
  const secret = shownSecret(await client.get(setUp))
  const moved = await client.post(setUp, { code: totp(secret, site.clock.now()) })
  assert.deepEqual([moved.status, moved.location], [303, overview])
  assert.match((await client.follow(moved)).text, /Your new app is in use/)
  site.clock.advance(30_000)
  const half = await arriveAs(site, ada)
  const code = totp(secret, site.clock.now())
  assert.equal((await half.post('/login/second-factor', { code })).status, 303)
})

test('new recovery codes are shown once, void the old ones, and end other sessions', async (t) => {
  const { site } = await openSite(t)
  const ada = await addPerson(site, 'member')
  const client = await arriveAs(site, ada)
  assert.equal((await client.get(recovery)).location, overview)
  const { recoveryCodes } = await enrol(site, client)
  const elsewhere = await arriveAs(site, ada, ['password', 'totp'])
  const codes = shownCodes(await client.post(recovery))
  assert.equal(codes.length, 10)
  assert.equal((await elsewhere.get('/private')).status, 303)
  assert.match((await site.mails()).at(-1)?.subject ?? '', /New recovery codes/)
  const half = await arriveAs(site, ada)
  const page = '/login/second-factor'
  assert.equal((await half.post(page, { code: recoveryCodes[0] ?? '' })).status, 422)
  assert.equal((await half.post(page, { code: codes[0] ?? '' })).status, 303)
})

test('[asvs 7.5.1] a sign-in of more than ten minutes ago changes no factor', async (t) => {
  const { site } = await openSite(t)
  const ada = await addPerson(site, 'member')
  const client = await arriveAs(site, ada)
  await enrol(site, client)
  const forms = [
    [overview, `${setUp}/new`],
    [remove, remove],
    [recovery, recovery],
  ] as const
  const ready = await Promise.all(forms.map(([from]) => client.get(from)))
  const rows = async () => [
    await site.db.selectFrom('demijohn_totp').selectAll().execute(),
    await site.db.selectFrom('demijohn_recovery_codes').selectAll().execute(),
  ]
  const before = await rows()
  site.clock.advance(10 * 60_000)
  for (const [at, [from, target]] of forms.entries()) {
    assert.match((await client.get(from)).location ?? '', /^\/login\/confirm\?next=/)
    const formToken = ready[at]?.forms
      .find(({ method }) => method === 'post')
      ?.values.get('formToken')
    const reply = await client.send({
      method: 'POST',
      target,
      headers: {
        origin: site.origin,
        'sec-fetch-site': 'same-origin',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ formToken: formToken ?? '' }).toString(),
    })
    assert.equal(reply.status, 401, target)
  }
  assert.deepEqual(await rows(), before)
})

test('no secret and no code is in the log or in a mail', async (t) => {
  const { site } = await openSite(t)
  const client = await arriveAs(site, await addPerson(site, 'member'))
  await client.post(`${setUp}/new`, {}, { from: overview })
  const page = await client.get(setUp)
  const [, shown = ''] = /<code class="secret-key">([^<]+)</.exec(page.text) ?? []
  const code = totp(shownSecret(page), site.clock.now())
  const codes = shownCodes(await client.post(setUp, { code }))
  const everything = JSON.stringify([site.logLines, await site.mails()])
  assert.ok(codes.length > 0 && site.logLines.length > 2)
  for (const secret of [shown, shown.replaceAll(' ', ''), ...codes]) {
    assert.equal(everything.includes(secret), false)
  }
})
