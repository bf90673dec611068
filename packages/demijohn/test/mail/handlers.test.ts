/** Mail from handlers, through the whole pipeline. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { text } from '../../src/html/fields.ts'
import { html } from '../../src/html/template.ts'
import { redirect } from '../../src/pipeline/answer.ts'
import { kit } from '../../src/pipeline/kit.ts'
import type { Project } from '../../src/serve/application.ts'
import { noteProject, roles } from '../../src/testing/projectFixture.ts'
import { testApp } from '../../src/testing/site.ts'

const { anyone, blueprint } = kit<DemijohnTables>()({ roles })
const routes = blueprint('/mail')
const action = { label: 'Go on', path: '/next' }
routes.form('/send', {
  access: anyone,
  fields: { to: text({ max: 200 }), about: text({ max: 200 }) },
  page: ({ form }) => html`<form method="post">${form.fields}</form>`,
  submit: async ({ values, mail }) => {
    await mail.send({ to: values.to, subject: values.about, paragraphs: ['Hello.'], action })
    return redirect('/')
  },
})
routes.form('/undone', {
  access: anyone,
  fields: { to: text({ max: 200 }) },
  page: ({ form }) => html`<form method="post">${form.fields}</form>`,
  submit: async ({ values, mail, db }) => {
    await db.transaction().execute(async (transaction) => {
      await mail.sendIn(transaction, { to: values.to, subject: 'x', paragraphs: ['x'], action })
      throw new RangeError('undone')
    })
    return redirect('/')
  },
})

const silent: Project = { ...noteProject().project, blueprints: [routes] }
const project: Project = { ...silent, mail: { signature: 'Notes' } }
const ada = { to: 'ada@reader.example', about: 'Hello' }

test('handlers: what they send is queued, with links to the configured origin', async (t) => {
  const site = await testApp(project)
  t.after(site.close)
  assert.equal((await site.visitor().post('/mail/send', ada)).status, 303)
  const [mail, ...more] = (await site.app.mails?.list()) ?? []
  assert.deepEqual(more, [])
  assert.equal(mail?.to, ada.to)
  assert.match(mail?.body?.text ?? '', /^https:\/\/site\.example\/next$/m)
})

test('handlers: no Host header, forwarded or not, stands in a mail', async (t) => {
  const hosts = ['localhost:4444', '127.0.0.1:4444', '[::1]:4444', 'app.localhost']
  for (const origin of ['loopback', 'https://site.example']) {
    const site = await testApp(project, { origin })
    t.after(site.close)
    const visitor = site.visitor()
    for (const host of [...hosts, 'evil.example', 'site.example.evil.example']) {
      const seen = await visitor.send({
        target: '/mail/send',
        headers: { host, 'sec-fetch-site': 'same-origin', accept: 'text/html' },
      })
      const formToken = seen.forms[0]?.values.get('formToken') ?? ''
      await visitor.send({
        method: 'POST',
        target: '/mail/send',
        headers: {
          ...{ host, 'sec-fetch-site': 'same-origin', origin: `http://${host}` },
          'content-type': 'application/x-www-form-urlencoded',
          ...{ 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' },
        },
        body: new URLSearchParams({ formToken, ...ada }).toString(),
      })
    }
    await visitor.post('/mail/send', ada)
    const mails = (await site.app.mails?.list()) ?? []
    assert.ok(mails.length >= 1)
    if (origin === 'loopback') assert.ok(mails.length > hosts.length - 1, String(mails.length))
    for (const { body } of mails) {
      const all = `${body?.text} ${body?.html}`
      assert.doesNotMatch(all, /evil|4444|127\.0|::1|app\.localhost/)
      assert.ok(all.includes(`${site.origin}/next`))
    }
  }
})

for (const change of [
  { to: 'a@x.example,b@y.example' },
  { to: 'a@x.example b' },
  { to: 'a＠x.example' },
]) {
  test(`handlers: ${JSON.stringify(change)} is a fault, and no mail`, async (t) => {
    const site = await testApp(project)
    t.after(site.close)
    assert.equal((await site.visitor().post('/mail/send', { ...ada, ...change })).status, 500)
    assert.deepEqual(await site.app.mails?.list(), [])
    assert.match(site.logLines.join(''), /MailProblem/)
  })
}

test('handlers: a mail of a transaction that is undone is not sent', async (t) => {
  const site = await testApp(project)
  t.after(site.close)
  assert.equal((await site.visitor().post('/mail/undone', { to: ada.to })).status, 500)
  assert.deepEqual(await site.app.mails?.list(), [])
})

test('handlers: a project that declares no mail sends none, and the log names the remedy', async (t) => {
  const site = await testApp(silent)
  t.after(site.close)
  assert.equal((await site.visitor().post('/mail/send', ada)).status, 500)
  assert.match(site.logLines.join(''), /declare mail: \{ signature \}/)
  const rows = await site.db.selectFrom('demijohn_mails').select('id').execute()
  assert.deepEqual(rows, [])
})
