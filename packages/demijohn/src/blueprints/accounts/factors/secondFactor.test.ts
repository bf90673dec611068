import assert from 'node:assert/strict'
import test from 'node:test'
import { totp } from '../../../defences/factors/oneTimeCodes.ts'
import { addPerson, arriveAs, enrol, openSite } from './siteFixture.ts'

const page = '/login/second-factor'

test('[asvs 6.3.3] after the password alone nothing is reached but the second step', async (t) => {
  const { site, written } = await openSite(t)
  const ada = await addPerson(site, 'member')
  const { secret } = await enrol(site, await arriveAs(site, ada))
  const half = await arriveAs(site, ada)
  for (const path of ['/private', '/write', '/account/factors', '/account/factors/totp']) {
    const reply = await half.get(path)
    assert.equal(reply.status, 303, path)
    assert.equal(reply.location, `${page}?next=${encodeURIComponent(path)}`)
  }
  assert.match((await half.get('/')).text, /<p id="user"><\/p>/)
  const token = (await half.get(page)).forms[0]?.values.get('formToken') ?? ''
  for (const target of [
    '/write',
    '/account/factors/totp/new',
    '/account/factors/totp/remove',
    '/account/factors/recovery-codes',
  ]) {
    const reply = await half.send({
      method: 'POST',
      target,
      headers: {
        origin: site.origin,
        'sec-fetch-site': 'same-origin',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ formToken: token }).toString(),
    })
    assert.equal(reply.status, 401, target)
  }
  assert.deepEqual(written, [])
  const before = half.cookies.get('__Host-session')
  const done = await half.post(page, { code: totp(secret, site.clock.now()) })
  assert.deepEqual([done.status, done.location], [303, '/private'])
  assert.notEqual(half.cookies.get('__Host-session'), before)
  assert.equal((await half.follow(done)).status, 200)
  assert.deepEqual(written, ['private'])
})

test('a wrong code shows the form again, and signs nobody in', async (t) => {
  const { site, written } = await openSite(t)
  const ada = await addPerson(site, 'member')
  await enrol(site, await arriveAs(site, ada))
  const half = await arriveAs(site, ada)
  for (const code of ['000000', 'AAAA-AAAA-AAAA-AAAA-AAAA-AAAA', 'x']) {
    const reply = await half.post(page, { code })
    assert.equal(reply.status, 422)
    assert.match(reply.text, /This code is not right/)
    assert.equal((await half.get('/private')).status, 303)
  }
  assert.deepEqual(written, [])
  const logged = site.logLines.filter((line) => line.includes('authn_login_fail'))
  assert.equal(logged.length, 3)
})

test('[asvs 6.5.1] a code that somebody else has just used signs nobody in', async (t) => {
  const { site } = await openSite(t)
  const ada = await addPerson(site, 'member')
  const { secret } = await enrol(site, await arriveAs(site, ada))
  const code = totp(secret, site.clock.now())
  const [first, second] = [await arriveAs(site, ada), await arriveAs(site, ada)]
  assert.equal((await first.post(page, { code })).status, 303)
  assert.equal((await second.post(page, { code })).status, 422)
  assert.equal((await second.get('/private')).status, 303)
})

test('[asvs 6.5.1] of twenty half sessions with one code at once, one gets in', async (t) => {
  const { site } = await openSite(t)
  const ada = await addPerson(site, 'member')
  const { secret, recoveryCodes } = await enrol(site, await arriveAs(site, ada))
  for (const code of [totp(secret, site.clock.now()), recoveryCodes[0] ?? '']) {
    const browsers = await Promise.all(Array.from({ length: 20 }, () => arriveAs(site, ada)))
    const replies = await Promise.all(browsers.map((one) => one.post(page, { code })))
    assert.equal(replies.filter(({ status }) => status === 303).length, 1)
    const inside = await Promise.all(browsers.map((one) => one.get('/private')))
    assert.equal(inside.filter(({ status }) => status === 200).length, 1)
    site.clock.advance(24 * 60 * 60_000)
  }
})

test('the way that somebody was on is kept, and never leads to another site', async (t) => {
  const { site } = await openSite(t)
  const ada = await addPerson(site, 'member')
  const { secret } = await enrol(site, await arriveAs(site, ada))
  const ways = [
    ['/write?a=1', '/write?a=1'],
    ['//evil.example', '/private'],
    ['https://evil.example/', '/private'],
    ['/\\evil.example', '/private'],
  ] as const
  for (const [next, leads] of ways) {
    const half = await arriveAs(site, ada)
    const path = `${page}?next=${encodeURIComponent(next)}`
    const reply = await half.post(path, { code: totp(secret, site.clock.now()) })
    assert.deepEqual([reply.status, reply.location], [303, leads])
    assert.equal((await half.get(path)).location, leads, 'nothing is asked of who is in')
    site.clock.advance(30_000)
  }
})

test('a recovery code signs in once; its owner is told, and how many are left', async (t) => {
  const { site } = await openSite(t)
  const ada = await addPerson(site, 'member')
  const { recoveryCodes } = await enrol(site, await arriveAs(site, ada))
  assert.equal(recoveryCodes.length, 10)
  const code = (recoveryCodes[3] ?? '').toLowerCase().replaceAll('-', ' ')
  const half = await arriveAs(site, ada)
  assert.equal((await half.post(page, { code })).status, 303)
  assert.equal((await half.get('/private')).status, 200)
  const told = async () =>
    (await site.mails()).filter(({ subject }) => /recovery code was used/.test(subject))
  const [mail] = await told()
  assert.deepEqual([mail?.to, mail?.links], [ada.email, ['/account/factors']])
  assert.match(mail?.text ?? '', /9 of them are left/)
  assert.match((await half.get('/account/factors')).text, /9 of them are left/)
  const again = await arriveAs(site, ada)
  assert.equal((await again.post(page, { code })).status, 422)
  assert.equal((await told()).length, 1)
  const everything = JSON.stringify([site.logLines, await site.mails()])
  assert.equal(everything.includes(recoveryCodes[3] ?? ''), false)
})

test('[asvs 6.3.1] guesses have to wait, a right code among them, and then it is taken', async (t) => {
  const { site } = await openSite(t)
  const ada = await addPerson(site, 'member')
  const { secret } = await enrol(site, await arriveAs(site, ada))
  const half = await arriveAs(site, ada)
  for (let guess = 0; guess < 5; guess += 1) {
    assert.equal((await half.post(page, { code: '000000' })).status, 422)
  }
  const other = await arriveAs(site, ada)
  for (const browser of [half, other]) {
    const reply = await browser.post(page, { code: totp(secret, site.clock.now()) })
    assert.equal(reply.status, 429)
    assert.equal(reply.header('retry-after'), '4')
    assert.match(reply.text, /There were too many tries\. Try again in 4 seconds\./)
    assert.match(reply.text, /name="code"/)
    assert.equal((await browser.get('/private')).status, 303)
  }
  const events = site.logLines.filter((line) => line.includes('authn_login_fail_max'))
  assert.equal(events.length, 2)
  site.clock.advance(4_000)
  const reply = await other.post(page, { code: totp(secret, site.clock.now()) })
  assert.equal(reply.status, 303)
})

test('nobody and somebody without a second factor are not asked for one', async (t) => {
  const { site } = await openSite(t)
  const ada = await arriveAs(site, await addPerson(site, 'member'))
  assert.equal((await ada.get(page)).location, '/private')
  const stranger = await site.visitor().get(page)
  assert.equal(stranger.location, `/login?next=${encodeURIComponent(page)}`)
})
