/**
 * An application's own words take the place of ours, and nothing else does: each page and each mail is
 * looked at in the code of the routes, so that none is written past the two records.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { layout, roles } from '../../../test/attacks/fixture.ts'
import { linkProject } from '../../../test/attacks/linksFixture.ts'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { throttleOptions } from '../../defences/throttle/options.ts'
import { html } from '../../html/template.ts'
import { testApp } from '../../testing/site.ts'
import { accounts } from './routes.ts'
import { usualMails, usualPages } from './usual.ts'

const folder = import.meta.dirname
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter(
    (name) => name.endsWith('.ts') && !/test|Fixture|[pP]ages|mails|usual|appearance/.test(name),
  )
  .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))

test('accounts: every page and every mail is used by a route, through the record', () => {
  assert.ok(sources.length > 30)
  const all = sources.map(({ text }) => text).join('\n')
  for (const name of Object.keys(usualPages)) {
    assert.ok(new RegExp(`\\.${name}\\b`).test(all), `page ${name} is shown by no route`)
  }
  for (const name of Object.keys(usualMails)) {
    assert.ok(new RegExp(`\\.${name}\\b`).test(all), `mail ${name} is sent by no route`)
  }
})

test('accounts: no route writes a heading or a subject of its own', () => {
  for (const { name, text } of sources) {
    assert.doesNotMatch(text, /<h1|subject:/, name)
  }
})

test('accounts: a page and a mail of the application’s own are used, and the machinery stays', async (t) => {
  const site = await testApp(
    linkProject({
      pages: {
        resetRequest: ({ form }) => ({
          title: 'Mot de passe oublié',
          main: html`<form method="post">${form.fields}<button>Envoyer</button></form>`,
        }),
      },
      mails: {
        verify: ({ path }) => ({
          subject: 'Bienvenue',
          paragraphs: ['Bonjour,'],
          action: { label: 'Continuer', path },
        }),
      },
    }),
  )
  t.after(site.close)
  const visitor = site.visitor()
  assert.match((await visitor.get('/reset')).text, /Envoyer/)
  assert.equal((await visitor.post('/reset', { email: 'nobody@site.example' })).status, 200)
  await visitor.post('/register', { email: 'new@site.example' })
  const mail = (await site.mails()).findLast(({ to }) => to === 'new@site.example')
  assert.equal(mail?.subject, 'Bienvenue')
  assert.equal((await visitor.get(mail?.links[0] ?? '')).status, 200)
})

test('accounts: passwords and tries take options within their bounds, and no others', () => {
  const options = { roles, layout, siteName: 'Flask', administratorRole: 'admin' } as const
  assert.ok(accounts({ ...options, passwords: { concurrentHashes: 4 } }))
  const usual = throttleOptions()
  assert.ok(accounts({ ...options, throttle: { account: { ...usual.account, freeTries: 3 } } }))
  for (const wrong of [
    { passwords: { memoryKibibytes: 1_024 } },
    { throttle: { account: { ...usual.account, freeTries: 0 } } },
    { registration: 'open' as const },
  ]) {
    assert.throws(() => accounts({ ...options, ...wrong }), Misconfiguration)
  }
})
