/** An outside client, oauth4webapi, against the real addresses: device code, refresh, revocation, DPoP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oauth from 'oauth4webapi'
import { apiPath, approve, openSite, origin, type TokenSite } from './siteFixture.ts'

const client: oauth.Client = { client_id: 'cli' }

async function discover(site: TokenSite): Promise<oauth.AuthorizationServer> {
  const options = { algorithm: 'oauth2', [oauth.customFetch]: site.fetch } as const
  const response = await oauth.discoveryRequest(new URL(origin), options)
  return oauth.processDiscoveryResponse(new URL(origin), response)
}

async function begin(site: TokenSite, as: oauth.AuthorizationServer, scope: string) {
  const options = { [oauth.customFetch]: site.fetch }
  const response = await oauth.deviceAuthorizationRequest(
    as,
    client,
    oauth.None(),
    { scope },
    options,
  )
  return oauth.processDeviceAuthorizationResponse(as, client, response)
}

function redeem(
  site: TokenSite,
  as: oauth.AuthorizationServer,
  code: string,
  DPoP?: oauth.DPoPHandle,
) {
  const options = { [oauth.customFetch]: site.fetch, ...(DPoP === undefined ? {} : { DPoP }) }
  return oauth
    .deviceCodeGrantRequest(as, client, oauth.None(), code, options)
    .then((response) => oauth.processDeviceCodeResponse(as, client, response))
}

test('discovery says where everything is (RFC 8414)', async (t) => {
  const as = await discover(await openSite(t))
  assert.deepEqual(
    {
      ...{ issuer: as.issuer, token: as.token_endpoint, revoke: as.revocation_endpoint },
      ...{ device: as.device_authorization_endpoint, keys: as.jwks_uri },
    },
    {
      issuer: origin,
      token: `${origin}/oauth/token`,
      revoke: `${origin}/oauth/revoke`,
      device: `${origin}/oauth/device_authorization`,
      keys: `${origin}/oauth/jwks.json`,
    },
  )
  // ASVS 10.4.4: neither passwords nor the implicit flow.
  assert.deepEqual(as.grant_types_supported, [
    'urn:ietf:params:oauth:grant-type:device_code',
    'refresh_token',
  ])
})

test('the device flow, a request, a refresh and a revocation [RFC 8628, RFC 6749, RFC 7009]', async (t) => {
  const site = await openSite(t)
  const as = await discover(site)
  const options = { [oauth.customFetch]: site.fetch }
  const begun = await begin(site, as, 'note:read')
  assert.equal(begun.verification_uri, `${origin}/device`)
  assert.equal(begun.verification_uri_complete, undefined)
  await assert.rejects(redeem(site, as, begun.device_code), { error: 'authorization_pending' })
  const person = await site.signInAs('editor')
  assert.equal((await approve(person, begun.user_code)).status, 200)
  const tokens = await redeem(site, as, begun.device_code)
  assert.equal(tokens.token_type, 'bearer')
  assert.equal(tokens.scope, 'note:read')
  assert.equal(tokens.expires_in, 300)
  const url = new URL(apiPath, origin)
  const ask = (token: string) =>
    oauth.protectedResourceRequest(token, 'GET', url, undefined, undefined, options)
  assert.deepEqual(await (await ask(tokens.access_token)).json(), { who: person.email })
  const response = await oauth.refreshTokenGrantRequest(
    ...([as, client, oauth.None(), tokens.refresh_token ?? '', options] as const),
  )
  const again = await oauth.processRefreshTokenResponse(as, client, response)
  assert.equal((await ask(again.access_token)).status, 200)
  const given = again.refresh_token ?? ''
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(as, client, oauth.None(), given, options),
  )
  await assert.rejects(ask(again.access_token), { status: 401 })
  assert.deepEqual(site.handled, ['read', 'read'])
})

for (const algorithm of ['ES256', 'EdDSA'] as const) {
  test(`${algorithm}: tokens are bound to a key, and a stolen one alone is of no use [asvs 10.4.5, 10.4.14]`, async (t) => {
    const site = await openSite(t, { proofOfPossession: 'required' })
    const as = await discover(site)
    const alg = algorithm === 'EdDSA' ? 'Ed25519' : algorithm
    const [mine, theirs] = await Promise.all([
      oauth.generateKeyPair(alg).then((pair) => oauth.DPoP(client, pair)),
      oauth.generateKeyPair(alg).then((pair) => oauth.DPoP(client, pair)),
    ])
    const begun = await begin(site, as, 'note:read')
    await approve(await site.signInAs('editor'), begun.user_code)
    const tokens = await redeem(site, as, begun.device_code, mine)
    assert.equal(tokens.token_type, 'dpop')
    const url = new URL(apiPath, origin)
    const ask = (DPoP?: oauth.DPoPHandle) =>
      oauth.protectedResourceRequest(tokens.access_token, 'GET', url, undefined, undefined, {
        [oauth.customFetch]: site.fetch,
        ...(DPoP === undefined ? {} : { DPoP }),
      })
    assert.equal((await ask(mine)).status, 200)
    await assert.rejects(ask(), { status: 401 })
    await assert.rejects(ask(theirs), { status: 401 })
    assert.deepEqual(site.handled, ['read'])
    const refresh = (DPoP?: oauth.DPoPHandle) =>
      oauth
        .refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token ?? '', {
          [oauth.customFetch]: site.fetch,
          ...(DPoP === undefined ? {} : { DPoP }),
        })
        .then((response) => oauth.processRefreshTokenResponse(as, client, response))
    await assert.rejects(refresh(), { error: 'invalid_dpop_proof' })
    await assert.rejects(refresh(theirs), { error: 'invalid_dpop_proof' })
    // A wrong key uses nothing up: whoever has the right one goes on.
    assert.equal((await refresh(mine)).token_type, 'dpop')
  })
}
