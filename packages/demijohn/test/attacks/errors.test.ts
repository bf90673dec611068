/**
 * What happens when something breaks: one answer that tells nothing, one line that tells us all, and
 * a site that goes on. GHSA-8fpg-xm3f-6cx3: an error never lets anybody in.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { html } from '../../src/html/template.ts'
import type { Project } from '../../src/serve/application.ts'
import { openAttacked, send, tokenOf } from './fixture.ts'

const leaks = [
  'hunter2',
  'Error:',
  'at Object',
  '.ts:',
  process.cwd(),
  'node:',
  'node_modules',
  'SELECT',
  'sqlite',
  'stack',
]

test('errors: a fault is a page with the number of the request, and nothing of what broke [asvs 16.5.1] [asvs 16.5.4]', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const formToken = await tokenOf(member)
  for (const reply of [
    await site.visitor().get('/boom'),
    await send(member, '/boom', { formToken }),
  ]) {
    assert.equal(reply.status, 500)
    const id = reply.header('x-request-id') ?? ''
    assert.ok(id !== '' && reply.text.includes(id))
    for (const leak of leaks) assert.ok(!reply.text.includes(leak), leak)
    const lines = site.logLines.filter((line) => line.includes(id))
    assert.equal(lines.length, 2, 'one line of the fault and one of the request')
  }
  assert.equal((await member.get('/me')).status, 200)
})

test('errors: no refusal tells where a rule is or what was sent [asvs 16.5.1]', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const formToken = await tokenOf(member)
  const mark = 'MARKED-BY-THE-SENDER'
  const replies = [
    await member.get(`/${mark}`),
    await member.get(`/admin?${mark.toLowerCase()}=${mark}`),
    await member.get(`/search?q=${mark}&page=${mark}`),
    await send(member, '/wipe', { formToken: mark }),
    await send(member, '/fields', { formToken, kind: mark, age: mark }),
    await member.send({ target: '/', headers: { host: `${mark}.example` } }),
    await member.send({ target: '/', headers: { cookie: `${mark}=\u0001` } }),
    await member.send({ method: mark, target: '/' }),
  ]
  for (const reply of replies) {
    assert.ok(reply.status >= 400 && reply.status < 502)
    // A form that is shown again shows what was typed; nothing else repeats the sender.
    if (reply.forms.length === 0) assert.ok(!reply.text.includes(mark), String(reply.status))
    for (const leak of leaks) assert.ok(!reply.text.includes(leak), `${reply.status}: ${leak}`)
  }
  for (const line of site.logLines) assert.ok(!line.includes(mark), line)
})

test('errors: an error page that breaks itself is answered without it, and counted once', async (t) => {
  const broken: Partial<Project> = {
    errorPage: () => {
      throw new Error('the error page broke: password=hunter2')
    },
  }
  const site = await openAttacked(t, { project: broken })
  const member = await site.signInAs('member')
  for (const target of ['/boom', '/nowhere', '//', '/admin']) {
    const reply = await member.send({ target })
    assert.equal(reply.status, 500, target)
    assert.match(reply.header('content-type') ?? '', /^text\/plain/)
    assert.equal(reply.header('cache-control'), 'no-store')
    assert.match(reply.header('content-security-policy') ?? '', /^default-src 'none'/)
    for (const leak of leaks) assert.ok(!reply.text.includes(leak), leak)
    // Counted down twice, the limit on requests at work would grow with every one of these.
    assert.equal(site.app.inFlight(), 0, target)
  }
})

test('errors: a database that is gone lets nobody in, and says so [asvs 16.5.2] [asvs 16.5.3]', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const admin = await site.signInAs('admin')
  const formToken = await tokenOf(member)
  site.clock.advance(60_000)
  await site.close()
  for (const [client, target] of [
    [admin, '/admin'],
    [member, '/me'],
    [member, '/read'],
  ] as const) {
    const reply = await client.get(target)
    assert.ok(
      reply.status === 500 || reply.status === 303 || reply.status === 503,
      `${target}: ${reply.status}`,
    )
    for (const leak of leaks) assert.ok(!reply.text.includes(leak), leak)
  }
  assert.ok((await send(member, '/wipe', { formToken })).status >= 400)
  assert.equal(site.runs.runs.get('POST /wipe'), undefined)
  assert.equal(site.runs.runs.get('GET /admin'), undefined)
  // What needs no database goes on.
  assert.equal((await site.visitor().get('/static/site.css')).status, 200)
  assert.equal((await site.visitor().get('/')).status, 200)
  assert.equal(site.app.inFlight(), 0)
})

test('errors: requests that break, are refused or are broken off are all counted down', async (t) => {
  const site = await openAttacked(t)
  const member = await site.signInAs('member')
  const formToken = await tokenOf(member)
  for (let round = 0; round < 50; round += 1) {
    await member.get('/boom')
    await member.get('//')
    await send(member, '/boom', { formToken })
    await send(member, '/wipe', {})
    await site.app.handle({
      method: 'POST',
      target: '/wipe',
      httpVersion: '1.1',
      rawHeaders: [
        'host',
        'site.example',
        'content-type',
        'application/x-www-form-urlencoded',
        'cookie',
        [...member.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      ],
      peerAddress: '127.0.0.1',
      encrypted: true,
      body: (async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.from('formTok')
        throw new Error('the connection broke')
      })(),
    })
  }
  assert.equal(site.app.inFlight(), 0)
  assert.equal((await member.get('/me')).status, 200)
})

test('errors: markup in an error page is text, and a page of faults is a page of this site', async (t) => {
  const project: Partial<Project> = {
    errorPage: ({ remedy, requestId, view }) =>
      html`<!doctype html><title>Sorry</title><p>${remedy}</p><p>${requestId}</p><form method="post" action="/contact"><button>${view.path}</button></form>`,
  }
  const site = await openAttacked(t, { project })
  const member = await site.signInAs('member')
  const formToken = await tokenOf(member)
  const reply = await send(member, '/wipe', { formToken, '<script>alert(1)</script>': '1' })
  assert.equal(reply.status, 400)
  assert.ok(!reply.text.includes('<script'))
  // Its form has the token of whoever is looking, also where nobody is known yet.
  assert.match(reply.forms[0]?.values.get('formToken') ?? '', /^[A-Za-z0-9_-]{86}$/)
  const early = await member.send({ target: '/"><script>alert(1)</script>' })
  assert.equal(early.status, 400)
  assert.ok(!early.text.includes('<script'))
})
