/** Tokens of another issuer: a real key set over a real socket, signed by another library. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { Misconfiguration } from '../../src/core/misconfiguration.ts'
import { type OutsideIssuer, outsideIssuer } from '../../src/defences/tokens/store/outside.ts'
import { ask, openSite } from './siteFixture.ts'

const issuer = 'https://login.example'
const audience = 'https://site.example/api'
const subjects: Record<string, string> = {}

type Published = {
  readonly jwksUri: string
  readonly asked: () => number
  readonly sign: (claims?: JWTPayload, header?: object) => Promise<string>
}

/** An issuer of that kind; `redirects` to where its keys are. */
async function publish(t: TestContext, { redirects = false } = {}): Promise<Published> {
  const pair = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    if (redirects && request.url === '/keys') {
      response.writeHead(302, { location: '/elsewhere' }).end()
      return
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ keys: [jwk] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return {
    jwksUri: `http://127.0.0.1:${port}/keys`,
    asked: () => asked,
    sign: (claims = {}, header = {}) => {
      const now = Math.floor(Date.now() / 1_000)
      const usual = { iss: issuer, aud: audience, sub: 'them-1', iat: now, exp: now + 300 }
      return new SignJWT({ ...usual, scope: 'note:read', jti: 'j1', ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...header })
        .sign(pair.privateKey)
    },
  }
}

async function open(
  t: TestContext,
  {
    redirects,
    secondFactorRoles = [],
    ...changes
  }: Partial<OutsideIssuer> & {
    readonly redirects?: boolean
    readonly secondFactorRoles?: readonly string[]
  } = {},
) {
  const theirs = await publish(t, { ...(redirects === undefined ? {} : { redirects }) })
  const outsideIssuers = [
    outsideIssuer({
      ...{ issuer, audience, jwksUri: theirs.jwksUri, algorithms: ['ES256'] },
      accountOf: async ({ subject }) => subjects[subject] ?? null,
      ...changes,
    }),
  ]
  const site = await openSite(t, { secondFactorRoles, outsideIssuers })
  const person = await site.signInAs('editor')
  subjects['them-1'] = person.accountId
  return { theirs, site, person }
}

test('a token of the issuer acts for the person that the project says, within its scopes', async (t) => {
  const { theirs, site, person } = await open(t)
  const token = await theirs.sign()
  const reply = await ask(site, token)
  assert.equal(reply.status, 200, reply.text)
  assert.equal(JSON.parse(reply.text).who, person.email)
  assert.equal((await ask(site, token, { method: 'POST' })).status, 403)
  for (let use = 0; use < 20; use += 1) await ask(site, token)
  assert.equal(theirs.asked(), 1)
})

test('[asvs 10.3.1] what is not for this site, of nobody here, or not theirs, is nobody’s', async (t) => {
  const { theirs, site } = await open(t)
  const now = Math.floor(Date.now() / 1_000)
  const bad = [
    await theirs.sign({ aud: 'https://other.example' }),
    await theirs.sign({ iss: 'https://other.example' }),
    await theirs.sign({ sub: 'them-2' }),
    await theirs.sign({ exp: now - 60 }),
    await theirs.sign({ iat: now + 600, nbf: now + 600 }),
    await theirs.sign({}, { typ: 'JWT' }),
    await theirs.sign({}, { kid: 'k2' }),
    `${(await theirs.sign()).slice(0, -4)}AAAA`,
    await (await publish(t)).sign(),
  ]
  for (const token of bad) assert.equal((await ask(site, token)).status, 401)
  assert.deepEqual(site.handled, [])
})

test('what happens to the account reaches tokens of others at the very next request', async (t) => {
  const { theirs, site, person } = await open(t)
  const token = await theirs.sign()
  assert.equal((await ask(site, token)).status, 200)
  await site.app.sessions.endAllOf(person.accountId, {
    alongside: (db) =>
      db
        .updateTable('demijohn_accounts')
        .set({ suspendedAt: 1 })
        .where('id', '=', person.accountId)
        .execute(),
  })
  assert.equal((await ask(site, token)).status, 401)
  assert.deepEqual(site.handled, ['read'])
})

test('[asvs 6.3.3] a role that demands a second factor is reached only where the issuer asks for one', async (t) => {
  for (const secondFactor of [undefined, 'asked for by the issuer'] as const) {
    const { theirs, site } = await open(t, {
      ...{ secondFactorRoles: ['editor'] },
      ...(secondFactor === undefined ? {} : { secondFactor }),
    })
    const { status } = await ask(site, await theirs.sign())
    assert.equal(status, secondFactor === undefined ? 401 : 200)
  }
})

test('keys are not followed elsewhere, and a flood of unknown names is one request', async (t) => {
  const moved = await open(t, { redirects: true })
  assert.equal((await ask(moved.site, await moved.theirs.sign())).status, 401)
  const { theirs, site } = await open(t)
  await ask(site, await theirs.sign())
  const forged = Array.from({ length: 30 }, (_, at) => theirs.sign({}, { kid: `other-${at}` }))
  for (const token of forged) assert.equal((await ask(site, await token)).status, 401)
  assert.equal(theirs.asked(), 1)
  site.clock.advance(31_000)
  for (const token of forged) await ask(site, await token)
  assert.equal(theirs.asked(), 2)
})

test('a token that claims no such issuer waits for nobody’s keys', async (t) => {
  const { theirs, site } = await open(t)
  await ask(site, await theirs.sign({ iss: 'https://other.example' }))
  await ask(site, 'nonsense')
  assert.equal(theirs.asked(), 0)
})

test('an issuer that writes another type is taken at its word, and only with that', async (t) => {
  const { theirs, site } = await open(t, { typ: 'jwt' })
  assert.equal((await ask(site, await theirs.sign({}, { typ: 'JWT' }))).status, 200)
  assert.equal((await ask(site, await theirs.sign())).status, 401)
})

test('nobody signs in the name of this site', async (t) => {
  await assert.rejects(open(t, { issuer: 'https://site.example' }), Misconfiguration)
})

test('what is wrong with an issuer is said at start', () => {
  const good = {
    issuer,
    audience,
    jwksUri: 'https://login.example/keys',
    accountOf: async () => null,
  }
  for (const wrong of [
    { ...good, algorithms: [] },
    { ...good, algorithms: ['ES256'] as const, issuer: '' },
    { ...good, algorithms: ['ES256'] as const, audience: '' },
    { ...good, algorithms: ['ES256'] as const, toleranceSeconds: 301 },
  ]) {
    assert.throws(() => outsideIssuer(wrong), Misconfiguration)
  }
})
