import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createId } from '../../core/ids.ts'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { content, openQueue } from '../../mail/queueFixture.ts'
import { noteProject } from '../../testing/projectFixture.ts'
import { testApp } from '../../testing/site.ts'
import { outbox } from './routes.ts'

const mail = { signature: 'Notes' }
const project = { ...noteProject().project, mail }

for (const origin of ['https://site.example', 'http://localhost:8080', 'http://127.0.0.1', '']) {
  test(`outbox: at ${JSON.stringify(origin)} it cannot be made`, async (t) => {
    const { queue } = await openQueue(t)
    assert.throws(() => outbox({ origin, mails: queue }), Misconfiguration)
    assert.doesNotThrow(() => outbox({ origin: 'loopback', mails: queue }))
  })
}

for (const origin of ['https://site.example', 'http://localhost:8080']) {
  test(`outbox: production at ${origin} has no such page`, async (t) => {
    const site = await testApp(project, { origin })
    t.after(site.close)
    const id = await site.app.mails?.send(content)
    assert.ok(id)
    const admin = await site.signInAs('admin')
    for (const path of ['/dev/outbox', `/dev/outbox/${id}`, '/dev']) {
      assert.equal((await admin.get(path)).status, 404, path)
    }
    assert.equal(
      site.app.routes().some(({ route }) => route.includes('outbox')),
      false,
    )
  })
}

test('outbox: a project that sends no mail has none, not even in development', async (t) => {
  const site = await testApp(noteProject().project, { origin: 'loopback' })
  t.after(site.close)
  assert.equal(site.app.mails, undefined)
  assert.equal((await site.visitor().get('/dev/outbox')).status, 404)
})

test('outbox: in development every mail can be read, its link followed', async (t) => {
  const site = await testApp(project, { origin: 'loopback' })
  t.after(site.close)
  const visitor = site.visitor()
  assert.match((await visitor.get('/dev/outbox')).text, /No mail yet/)
  const id = await site.app.mails?.send(content)
  const list = await visitor.get('/dev/outbox')
  assert.equal(list.status, 200)
  assert.ok(list.text.includes(`<a href="/dev/outbox/${id}">Choose a new password</a>`))
  const shown = await visitor.get(`/dev/outbox/${id}`)
  assert.equal(shown.status, 200)
  const link = 'http://localhost/reset/secret-of-the-link'
  assert.ok(shown.text.includes(`<a href="${link}">${link}</a>`))
  assert.ok(shown.text.includes('&lt;!doctype html&gt;'))
  assert.equal(shown.header('cache-control'), 'no-store')
})

test('outbox: markup in a mail is shown as text', async (t) => {
  const site = await testApp(project, { origin: 'loopback' })
  t.after(site.close)
  const evil = '<img src=x onerror=alert(1)> javascript:alert(1) http://localhost.evil.example/x'
  const id = await site.app.mails?.send({ ...content, subject: evil, paragraphs: [evil] })
  for (const path of ['/dev/outbox', `/dev/outbox/${id}`]) {
    const { text } = await site.visitor().get(path)
    assert.doesNotMatch(text, /<img/)
    assert.doesNotMatch(text, /href="(?:javascript|http:\/\/localhost\.evil)/)
  }
})

test('outbox: what is no mail is not found', async (t) => {
  const site = await testApp(project, { origin: 'loopback' })
  t.after(site.close)
  for (const id of [createId(site.clock.now()), 'x', '1']) {
    assert.equal((await site.visitor().get(`/dev/outbox/${id}`)).status, 404)
  }
})
