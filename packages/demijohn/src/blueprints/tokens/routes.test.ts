import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { defineRoles } from '../../defences/access/roles.ts'
import { html } from '../../html/template.ts'
import { type TokensOptions, tokens } from './routes.ts'

const roles = defineRoles({ member: { may: ['note:read', 'note:edit:own'] } })
const layout = () => html`<p>x</p>`
const good = { roles, layout, siteName: 'Notes', scopes: { 'note:read': 'Read notes' } }

function optionsOf(changes: object) {
  return tokens({ ...good, ...changes } as TokensOptions<typeof roles.table>).tokens?.options
}

test('tokens: the prefix is made of the name of the site', () => {
  for (const [siteName, prefix] of [
    ['Press', 'press'],
    ['The 2nd Page!', 'the2ndpage'],
    ['7 Seas', 'seas'],
    ['Ünïcôde', 'ncde'],
    ['日報', 'demijohn'],
    ['A name of more than twenty letters', 'anameofmorethantwent'],
  ]) {
    assert.equal(optionsOf({ siteName })?.prefix, prefix, siteName)
  }
  assert.equal(optionsOf({ prefix: 'mine' })?.prefix, 'mine')
})

test('tokens: a scope that is no permission, or a client beyond the scopes, stops the start', () => {
  for (const [changes, says] of [
    [{ scopes: { 'note:write': 'Write' } }, /no role holds "note:write"/],
    [{ scopes: {} }, /name what a token may be given/],
    [
      { clients: { cli: { name: 'CLI', scopes: ['note:edit'] } } },
      /"note:edit" does not stand in tokens\.scopes/,
    ],
  ] as const) {
    assert.throws(
      () => optionsOf(changes),
      (error) => error instanceof Misconfiguration && says.test(error.message),
    )
  }
})

test('tokens: with a shared secret there is no address of keys', () => {
  const paths = (changes: object) =>
    tokens({ ...good, ...changes } as TokensOptions<typeof roles.table>).routes.map(
      ({ path }) => path,
    )
  assert.ok(paths({}).includes('/oauth/jwks.json'))
  const secret = paths({ algorithm: 'HS256', verifiedBy: 'this service alone' })
  assert.ok(!secret.includes('/oauth/jwks.json'))
})

test('tokens: every address for programs takes no cookie, every page no token', () => {
  for (const { path, credential } of tokens(good).routes) {
    const isPage = path.startsWith('/account/') || path.startsWith('/device')
    assert.equal(credential === 'session', isPage, path)
  }
})
