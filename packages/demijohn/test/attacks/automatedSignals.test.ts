/**
 * What the sentinel hears of a whole site: tries to sign in, links and codes that come twice, and
 * requests that nobody could read. An attack of each kind is met; the person beside it is not.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { resetPurpose } from '../../src/blueprints/accounts/links/purposes.ts'
import { createTicket, redeemTicket } from '../../src/blueprints/accounts/tickets.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { decoy } from '../../src/html/decoy.ts'
import { choice, text } from '../../src/html/fields.ts'
import { html } from '../../src/html/template.ts'
import { redirect } from '../../src/pipeline/answer.ts'
import { kit } from '../../src/pipeline/kit.ts'
import type { TestReply } from '../../src/testing/client.ts'
import { testApp } from '../../src/testing/site.ts'
import { parseNetworks } from '../../src/web/client.ts'
import {
  type Attacked,
  attackedProject,
  goodPassword,
  layout,
  openAttacked,
  ownForm,
  register,
  roles,
  tokenOf,
} from './fixture.ts'

const attacker = '192.0.2.66'
const person = '192.0.2.67'
const emailOf = (number: number): string => `person${number}@site.example`

type Try = { readonly from: string; readonly email: string; readonly password: string }

/** A try with the token of a page, as the form sends it. */
async function signIn(site: Attacked, { from, email, password }: Try): Promise<TestReply> {
  const browser = site.visitor()
  const formToken = await tokenOf(browser, '/login')
  const body = new URLSearchParams({ formToken, email, password }).toString()
  return browser.send({
    ...{ method: 'POST', target: '/login', peerAddress: from, headers: ownForm, body },
  })
}

const statusAt = async (site: Attacked, peerAddress: string): Promise<number> =>
  (await site.visitor().send({ target: '/', peerAddress })).status

async function tries(t: TestContext, count: number, tryOf: (number: number) => Try) {
  const site = await openAttacked(t)
  await register(site, { email: emailOf(0) })
  const replies: TestReply[] = []
  for (let number = 0; number < count; number += 1) {
    replies.push(await signIn(site, tryOf(number)))
  }
  return { site, replies }
}

const isChallenge = ({ status, text }: TestReply): boolean =>
  status === 429 && text.includes('data-challenge')

test('[asvs 6.3.1] signals: a stolen list from one address is challenged within twenty tries', async (t) => {
  const { site, replies } = await tries(t, 20, (number) => ({
    ...{ from: attacker, email: emailOf(number + 1), password: `stolen ${number}` },
  }))
  assert.ok(replies.some(isChallenge))
  assert.equal(await statusAt(site, attacker), 429)
  assert.equal(await statusAt(site, person), 200)
  const right = { from: person, email: emailOf(0), password: goodPassword }
  assert.equal((await signIn(site, right)).status, 303)
})

test('[asvs 6.3.1] signals: one password on many accounts from as many addresses guards sign-in', async (t) => {
  const { site } = await tries(t, 8, (number) => ({
    ...{ from: `198.51.100.${number}`, email: emailOf(number + 1), password: 'Welcome2026!' },
  }))
  const right = { from: person, email: emailOf(0), password: goodPassword }
  assert.ok(isChallenge(await signIn(site, right)))
  assert.equal(await statusAt(site, person), 200, 'nothing but sign-in is guarded')
  site.clock.advance(15 * 60_000)
  assert.equal((await signIn(site, right)).status, 303)
})

test('[asvs 6.3.1] signals: an office where everybody mistypes once and then gets in is left alone', async (t) => {
  const site = await openAttacked(t)
  for (let number = 0; number < 20; number += 1) {
    await register(site, { email: emailOf(number) })
    const from = { from: person, email: emailOf(number) }
    assert.equal((await signIn(site, { ...from, password: `slip ${number}` })).status, 422)
    assert.equal((await signIn(site, { ...from, password: goodPassword })).status, 303)
    site.clock.advance(60_000)
  }
  assert.equal(await statusAt(site, person), 200)
})

test('[asvs 2.4.1] signals: a link that was used comes again and again', async (t) => {
  const site = await openAttacked(t)
  const accountId = await register(site, { email: emailOf(0) })
  const ticket = { purpose: resetPurpose, accountId, ttlMinutes: 60 }
  const secret = await createTicket(site, ticket)
  assert.ok(await redeemTicket(site, { secret, purpose: resetPurpose }))
  const browser = site.visitor()
  const formToken = await tokenOf(browser, '/login')
  const post = async (link: string, peerAddress: string): Promise<number> => {
    const body = new URLSearchParams({ formToken, newPassword: goodPassword }).toString()
    const request = { method: 'POST', target: `/reset/${link}`, headers: ownForm, body }
    return (await browser.send({ ...request, peerAddress })).status
  }
  // One link that was never any, asked for by somebody else as often, is one miss.
  const unknown = 'A'.repeat(43)
  for (let count = 0; count < 25; count += 1) {
    assert.equal(await post(unknown, person), 404)
    if (count < 10) assert.equal(await post(secret, attacker), 404)
    else await post(secret, attacker)
  }
  assert.equal(await statusAt(site, attacker), 429)
  assert.equal(await statusAt(site, person), 200)
})

test('[asvs 2.4.1] signals: the page of a dead link is a miss, so guessing at links is seen', async (t) => {
  const site = await openAttacked(t)
  for (let count = 0; count < 25; count += 1) {
    const target = `/reset/${String(count).padStart(43, 'A')}`
    await site.visitor().send({ target, peerAddress: attacker })
  }
  assert.equal(await statusAt(site, attacker), 429)
})

test('[asvs 4.2.1] signals: what the parser could not read counts against its sender', async (t) => {
  const site = await openAttacked(t)
  for (let count = 0; count < 15; count += 1) site.app.unparsable(400, `::ffff:${attacker}`)
  // A slow line and a full jar of cookies are no attacks.
  for (let count = 0; count < 15; count += 1) site.app.unparsable(408, person)
  for (let count = 0; count < 15; count += 1) site.app.unparsable(431, person)
  assert.equal(await statusAt(site, attacker), 403)
  assert.equal(await statusAt(site, person), 200)
})

test('[asvs 4.1.3] signals: behind a proxy the client is blamed, never the proxy', async (t) => {
  const proxy = '10.0.0.1'
  const site = await openAttacked(t, { trustedProxies: parseNetworks([proxy]) })
  const through = async (target: string, forwarded?: string): Promise<number> => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
    return (await site.visitor().send({ target, headers, peerAddress: proxy })).status
  }
  for (let count = 0; count < 15; count += 1) {
    // What the client wrote itself stands to the left, and is nobody.
    await through(`/..%2f${count}`, `${person}, ${attacker}`)
    await through(`/..%2f${count}`)
    site.app.unparsable(400, proxy)
  }
  assert.equal(await through('/', attacker), 403)
  assert.equal(await through('/', person), 200)
  assert.equal(await through('/'), 200)
})

type Sent = { readonly target: string; readonly fields: Record<string, string>; headers: object }
const contact = { target: '/contact', headers: {} }

/** What one of them is, and how many are one too many. Honest people make few of each. */
const series: Readonly<Record<string, { readonly count: number; readonly sent: Sent }>> = {
  'forms without a token': { count: 25, sent: { ...contact, fields: { formToken: 'x' } } },
  'fields that a schema refuses': { count: 60, sent: { ...contact, fields: { message: '' } } },
  'fields that no form has': {
    count: 10,
    sent: { ...contact, fields: { message: 'x', isAdmin: 'true' } },
  },
}

for (const [name, { count, sent }] of Object.entries(series)) {
  test(`[asvs 2.4.1] signals: ${name} in series slow their sender down, and no handler runs`, async (t) => {
    const site = await openAttacked(t)
    const browser = site.visitor()
    const formToken = await tokenOf(browser, '/contact')
    const from = (peerAddress: string): Promise<TestReply> => {
      const body = new URLSearchParams({ formToken, ...sent.fields }).toString()
      const headers = { ...ownForm, ...sent.headers }
      return browser.send({ method: 'POST', target: sent.target, headers, body, peerAddress })
    }
    for (let at = 0; at < 3; at += 1) assert.notEqual((await from(person)).status, 429)
    // Slowed, a client has ten at once before it is told to wait.
    const statuses: number[] = []
    for (let at = 0; at < count + 11; at += 1) statuses.push((await from(attacker)).status)
    assert.equal(statuses[2], (await from(person)).status)
    assert.equal(statuses.at(-1), 429)
    assert.equal(site.runs.total(), 0)
    assert.equal(await statusAt(site, person), 200)
  })
}

test('[asvs 2.4.1] signals: a trap that robots.txt names is sprung once by the curious, often by attackers', async (t) => {
  const honeyPaths = ['/old-admin', '/internal'] as const
  const site = await openAttacked(t, { project: { honeyPaths } })
  const spring = (target: string, peerAddress: string) =>
    site.visitor().send({ target, peerAddress })
  assert.equal((await spring('/old-admin', person)).status, 404)
  assert.equal(await statusAt(site, person), 200)
  for (let count = 0; count < 2; count += 1) await spring('/old-admin?x=1', attacker)
  assert.equal(await statusAt(site, attacker), 429)
})

test('signals: a trap that is a page, or no plain path, does not start', async () => {
  for (const path of ['/', '/contact', '/notes/x', '/Old%2Fadmin', '/a/../b', '/a?b=1'] as const) {
    const { project } = attackedProject({ honeyPaths: [path] })
    await assert.rejects(testApp(project), /honeyPaths/, path)
  }
})

test('[asvs 2.4.1] signals: a form whose decoy is filled in reaches no handler, and adds up', async (t) => {
  const { anyone, blueprint } = kit<DemijohnTables>()({ roles })
  const trapped = blueprint('/guestbook')
  let taken = 0
  trapped.form('/sign', {
    access: anyone,
    fields: { line: text({ max: 40 }), website: decoy() },
    page: ({ form, view }) =>
      layout({
        view,
        title: 'Sign',
        main: html`<form method="post">${form.summary}${form.fields}</form>`,
      }),
    submit: () => {
      taken += 1
      return redirect('/')
    },
  })
  const { project } = attackedProject()
  const site = await openAttacked(t, { project: { blueprints: [...project.blueprints, trapped] } })
  const browser = site.visitor()
  const formToken = await tokenOf(browser, '/guestbook/sign')
  const sign = async (peerAddress: string, website: string): Promise<number> => {
    const body = new URLSearchParams({ formToken, line: 'Hello', website }).toString()
    const form = { method: 'POST', target: '/guestbook/sign', headers: ownForm, body }
    return (await browser.send({ ...form, peerAddress })).status
  }
  assert.equal(await sign(person, 'filled in by a password manager'), 422)
  assert.equal(await sign(person, ''), 303)
  assert.equal(taken, 1)
  for (let count = 0; count < 5; count += 1) await sign(attacker, 'https://spam.example')
  assert.equal(await statusAt(site, attacker), 429)
  assert.equal(taken, 1)
  assert.equal(await statusAt(site, person), 200)
})

test('signals: an allow-listed network is left alone, the one beside it is not', async (t) => {
  const sentinel = { allowed: parseNetworks(['192.0.2.64/30']) }
  const site = await openAttacked(t, { sentinel })
  for (const from of ['192.0.2.66', '192.0.2.68']) {
    for (let count = 0; count < 15; count += 1) site.app.unparsable(400, from)
  }
  assert.equal(await statusAt(site, '192.0.2.66'), 200)
  assert.equal(await statusAt(site, '192.0.2.68'), 403)
})

test('[asvs 2.4.1] signals: what a handler of the application tells is heard', async (t) => {
  const { anyone, blueprint } = kit<DemijohnTables>()({ roles })
  const own = blueprint('/own')
  own.form('/token', {
    access: anyone,
    fields: {
      kind: choice({ options: { roaming: 'Roaming', replayed: 'Replayed', fine: 'Fine' } }),
    },
    page: ({ form, view }) =>
      layout({ view, title: 'T', main: html`<form method="post">${form.fields}</form>` }),
    submit: ({ values, signals }) => {
      if (values.kind === 'roaming') signals.tokenFromTwoNetworks()
      if (values.kind === 'replayed') signals.tokenReplayed()
      return redirect('/')
    },
  })
  const { project } = attackedProject()
  for (const kind of ['roaming', 'replayed', 'fine']) {
    const site = await openAttacked(t, { project: { blueprints: [...project.blueprints, own] } })
    const browser = site.visitor()
    const formToken = await tokenOf(browser, '/own/token')
    const body = new URLSearchParams({ formToken, kind }).toString()
    const sent = { method: 'POST', target: '/own/token', headers: ownForm, body }
    for (let count = 0; count < 40; count += 1) {
      await browser.send({ ...sent, peerAddress: attacker })
    }
    assert.equal(await statusAt(site, attacker), kind === 'fine' ? 200 : 429, kind)
  }
})

test('signals: what a mailing or a mistake added to one link is one thing, for all who follow it', async (t) => {
  const site = await openAttacked(t)
  for (let reader = 0; reader < 60; reader += 1) {
    const ask = (target: string) => site.visitor().send({ target, peerAddress: person })
    assert.equal((await ask(`/contact?utm_source=news&reader=${reader}`)).status, 400)
    assert.equal((await ask(`//contact`)).status, 400)
  }
  assert.equal(await statusAt(site, person), 200)
  for (let name = 0; name < 60; name += 1) {
    await site.visitor().send({ target: `/contact?debug${name}=1`, peerAddress: attacker })
  }
  assert.equal(await statusAt(site, attacker), 429)
})
