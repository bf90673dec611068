import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notFound, type Project, pageNumber, type RefusalCode, refusalTable } from 'demijohn'
import { type TestClient, testApp } from 'demijohn/testing'
import { anyone, blueprint } from '../kit.ts'
import { project } from '../project.ts'
import { errorPage } from './errorPage.ts'

const menus = [
  { role: 'viewer', has: ['/'] },
  { role: 'member', has: ['/'] },
  { role: 'editor', has: ['/', '/posts/mine', '/posts/new'] },
  { role: 'admin', has: ['/', '/posts/mine', '/posts/new', '/admin/people', '/admin/comments'] },
] as const

test('layout: each role is offered what it may do', async () => {
  const site = await testApp(project)
  for (const { role, has } of menus) {
    const client = await site.signInAs(role)
    const { text } = await client.get('/account/email')
    assert.deepEqual(menuOf(text), has, role)
    assert.match(text, /<a href="\/account">\w+ \d<\/a>/)
    assert.match(text, /<form method="post" action="\/logout">/)
  }
  const { text } = await site.visitor().get('/login')
  assert.deepEqual(menuOf(text), ['/'])
  assert.match(text, /href="\/login" aria-current="page">Sign in</)
  assert.match(text, /<a href="\/register">Register</)
  assert.doesNotMatch(text, /\/logout/)
  await site.close()
})

function menuOf(text: string): readonly string[] {
  const [, menu = ''] = /aria-label="Main">(.*?)<\/nav>/s.exec(text) ?? []
  return [...menu.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href)
}

const accountPages = [
  '/account',
  '/settings',
  '/account/email',
  '/account/password',
  '/account/factors',
  '/account/sessions',
  '/account/tokens',
  '/account/export',
  '/account/delete',
]

test('layout: the pages of an account name one another, are there, and mark the present one', async () => {
  const site = await testApp(project)
  const client = await site.signInAs('viewer')
  for (const path of accountPages) {
    const { status, text } = await client.get(path)
    assert.equal(status, 200, path)
    const [, tabs = ''] = /aria-label="Account settings">(.*?)<\/nav>/s.exec(text) ?? []
    const named = [...tabs.matchAll(/href="([^"]*)"/g)].map(([, to]) => to)
    assert.deepEqual(named, accountPages)
    const marked = [...tabs.matchAll(/href="([^"]*)" aria-current="page"/g)].map(([, to]) => to)
    assert.deepEqual(marked, [path])
  }
  await site.close()
})

/** Everything that a page names has to be there. */
test('layout: style, fonts and icons answer 200', async () => {
  const site = await testApp(project)
  const client = site.visitor()
  const { text } = await client.get('/login')
  const files = [...text.matchAll(/"(\/static\/[^"]+)"/g)].map(([, path = '']) => path)
  // Six on every page, and the script of passkeys where somebody signs in.
  assert.equal(files.length, 7)
  for (const file of files) assert.equal((await client.get(file)).status, 200, file)
  await site.close()
})

test('layout: a name is text, whatever it holds', async () => {
  const site = await testApp(project)
  const client = await site.signInAs('viewer')
  const name = '"><script>alert(1)</script>'
  await site.app.sessions.accountChanged(client.accountId, {
    alongside: (db) =>
      db
        .updateTable('demijohn_accounts')
        .set({ name })
        .where('id', '=', client.accountId)
        .execute(),
  })
  const { text } = await client.get('/account/email')
  assert.doesNotMatch(text, /<script/)
  assert.match(text, /&lt;script&gt;alert\(1\)/)
  await site.close()
})

const broken = blueprint('/broken')
broken.get('', { access: anyone }, () => {
  throw new Error('the text of a fault is for the log')
})

const withFault: Project = { ...project, blueprints: [...project.blueprints, broken] }

const forged = {
  method: 'POST',
  target: '/login',
  headers: { 'sec-fetch-site': 'cross-site' },
  body: 'a=b',
}

test('errors: each has one heading, its number, its request id, and a way on', async () => {
  const site = await testApp(withFault)
  const visitor = site.visitor()
  const cases: readonly [number, (client: TestClient) => ReturnType<TestClient['send']>][] = [
    [404, (client) => client.get('/nowhere')],
    [500, (client) => client.get('/broken')],
    [403, (client) => client.send(forged)],
    [405, (client) => client.get('/logout')],
    [400, (client) => client.get('/a//b')],
  ]
  for (const [status, ask] of cases) {
    const reply = await ask(visitor)
    assert.equal(reply.status, status)
    assert.equal(reply.text.match(/<h1>/g)?.length, 1, `${status}: one h1`)
    assert.ok(reply.text.includes(`data-number="${status}"`), `${status}: its number`)
    assert.ok(reply.text.includes(reply.header('x-request-id') ?? 'none'), `${status}: request id`)
    assert.doesNotMatch(reply.text, /the text of a fault/)
  }
  await site.close()
})

const codes = Object.keys(refusalTable).filter(isCode)

function isCode(code: string): code is RefusalCode {
  return Object.hasOwn(refusalTable, code)
}

const refused = blueprint('/refused')
refused.get('/:number', { access: anyone, params: { number: pageNumber } }, ({ params, view }) => {
  const code = codes[params.number - 1]
  if (code === undefined) return notFound()
  return errorPage({ ...refusalTable[code], code, requestId: 'request-1', view })
})

test('errors: every refusal has a page, with nobody and with somebody there', async () => {
  const site = await testApp({ ...project, blueprints: [...project.blueprints, refused] })
  assert.ok(codes.length > 20)
  const clients = [site.visitor(), await site.signInAs('viewer')]
  for (const [at, code] of codes.entries()) {
    const { status } = refusalTable[code]
    for (const client of clients) {
      const reply = await client.get(`/refused/${at + 1}`)
      assert.equal(reply.status, 200, code)
      assert.equal(reply.text.match(/<h1>[^<]+<\/h1>/g)?.length, 1, code)
      assert.ok(reply.text.includes(`>${status}</p>`), code)
      assert.ok(reply.text.includes('<code>request-1</code>'), code)
    }
  }
  await site.close()
})

test('errors: who is signed in is not told to sign in, even where nobody has looked', async () => {
  const site = await testApp(project)
  const client = await site.signInAs('viewer')
  const reply = await client.get('/nowhere')
  assert.equal(reply.status, 404)
  assert.doesNotMatch(reply.text, /href="\/login"/)
  await site.close()
})

test('errors: signing in is offered to nobody alone', async () => {
  const site = await testApp(project)
  const offer = /class="button" href="\/login">Sign in</
  assert.match((await site.visitor().send(forged)).text, offer)
  const client = await site.signInAs('viewer')
  const refused = await client.send(forged)
  assert.equal(refused.status, 403)
  assert.doesNotMatch(refused.text, offer)
  await site.close()
})
