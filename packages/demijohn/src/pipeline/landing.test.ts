/** GET routes that may write, and the one redirect that leaves the site. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { DemijohnTables } from '../data/tables.ts'
import { defineRoles } from '../defences/access/roles.ts'
import { ProviderAddress } from '../defences/openid/address.ts'
import { testApp } from '../testing/site.ts'
import type { Answer, LibraryAnswer } from './answer.ts'
import { anyone, kit } from './kit.ts'
import { landing } from './landing.ts'

const roles = defineRoles({ admin: { may: ['all:manage'] } })
const { blueprint } = kit<DemijohnTables>()({ roles })

async function siteWith(t: TestContext, answer: () => Answer | LibraryAnswer) {
  const pages = blueprint('')
  // What a caller without types would do: a page that answers what its type does not have.
  pages.get('/page', { access: anyone }, () => answer() as Answer)
  const spec = { access: anyone, params: {}, query: {}, limit: '30 per minute' } as const
  const land = landing('/land', spec, answer)
  const site = await testApp({
    ...{ name: 'flask', roles, administratorRole: 'admin' },
    blueprints: [{ ...pages, routes: [...pages.routes, land] }],
    migrations: { name: 'flask', migrations: [] },
  })
  t.after(site.close)
  return site
}

test('landing: leads to a provider, under the headers of a page that nobody stores', async (t) => {
  const to = new ProviderAddress(new URL('https://login.example/auth?state=a'))
  const site = await siteWith(t, () => ({ kind: 'elsewhere', to }))
  const reply = await site.visitor().get('/land')
  assert.equal(reply.status, 303)
  assert.equal(reply.location, 'https://login.example/auth?state=a')
  assert.equal(reply.header('cache-control'), 'no-store')
  assert.equal(reply.header('referrer-policy'), 'same-origin')
})

const forged: readonly unknown[] = [
  ...['https://evil.example', undefined, null, {}, new URL('https://evil.example')],
  { href: 'https://evil.example', toString: () => 'https://evil.example' },
  Object.create(ProviderAddress.prototype),
]

test('[asvs 3.7.2] landing: an application has no answer that leaves the site', async (t) => {
  for (const to of forged) {
    const site = await siteWith(t, () => ({ kind: 'elsewhere', to }) as LibraryAnswer)
    for (const path of ['/page', '/land']) {
      const reply = await site.visitor().get(path)
      assert.equal(reply.status, 500, `${path} ${String(typeof to)}`)
      assert.equal(reply.location, undefined)
      assert.doesNotMatch(reply.text, /evil/)
    }
  }
})

test('[asvs 3.5.3] landing: HEAD runs nothing, and an undeclared name in the query neither', async (t) => {
  let ran = 0
  const site = await siteWith(t, () => {
    ran += 1
    return { kind: 'elsewhere', to: new ProviderAddress(new URL('https://login.example')) }
  })
  const visitor = site.visitor()
  const head = await visitor.send({ method: 'HEAD', target: '/land' })
  assert.equal(head.status, 405)
  assert.equal(head.header('allow'), 'GET')
  assert.equal((await visitor.get('/land?x=1')).status, 400)
  assert.equal(ran, 0)
})
