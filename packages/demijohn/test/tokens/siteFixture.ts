/** A site with apps, personal tokens and a small API, and clients of all three. */
import type { TestContext } from 'node:test'
import { z } from 'zod'
import type { Layout } from '../../src/blueprints/accounts/pages.ts'
import { accounts } from '../../src/blueprints/accounts/routes.ts'
import { type TokensOptions, tokens } from '../../src/blueprints/tokens/routes.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { defineRoles } from '../../src/defences/access/roles.ts'
import { html } from '../../src/html/template.ts'
import { noContent } from '../../src/pipeline/api/answers.ts'
import { nothing } from '../../src/pipeline/api/types.ts'
import { kit } from '../../src/pipeline/kit.ts'
import type { Project } from '../../src/serve/application.ts'
import type { RawRequest, TestReply } from '../../src/testing/client.ts'
import { type SignedInClient, type TestSite, testApp } from '../../src/testing/site.ts'

export const roles = defineRoles({
  viewer: { may: ['note:read'] },
  editor: { is: 'viewer', may: ['note:write'] },
  admin: { is: 'editor', may: ['people:manage'] },
})

const layout: Layout = ({ view, title, main }) => html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>
<body><p id="notice">${view.notice}</p>${main}</body></html>`

export const origin = 'https://site.example'
export const apiPath = '/api/v1/notes'

export type TokenSite = TestSite & {
  /** What the handlers of the API did, so that a refusal can show that they did not. */
  readonly handled: string[]
  /** `fetch` without a network, for an outside client. */
  readonly fetch: (url: string, init: object) => Promise<Response>
}

type Changes = Partial<
  Pick<TokensOptions<typeof roles.table>, 'clients' | 'throttle' | 'accessMinutes'>
> & {
  readonly proofOfPossession?: 'required'
  readonly secondFactorRoles?: readonly string[]
  readonly outsideIssuers?: Project['outsideIssuers']
  readonly sentinel?: Project['sentinel']
}

function projectOf(handled: string[], changes: Changes): Project {
  const { may, api } = kit<DemijohnTables>()({ roles })
  const {
    sentinel,
    proofOfPossession = 'where bound',
    secondFactorRoles = [],
    outsideIssuers,
    ...own
  } = changes
  const notes = api('/api/v1', { title: 'Notes', documentation: 'not served', proofOfPossession })
  const returns = z.object({ who: z.string().max(80) })
  const summary = 'A note'
  notes.get('/notes', { summary, access: may('note:read'), returns }, ({ user }) => {
    handled.push('read')
    return { who: user.email }
  })
  notes.post('/notes', { summary, access: may('note:write'), returns: nothing }, ({ user }) => {
    handled.push(`write ${user.id}`)
    return noContent()
  })
  notes.get('/people', { summary, access: may('people:manage'), returns }, ({ user }) => {
    handled.push('people')
    return { who: user.email }
  })
  return {
    ...{ name: 'site', roles, administratorRole: 'admin', secondFactorRoles },
    ...(outsideIssuers === undefined ? {} : { outsideIssuers }),
    ...(sentinel === undefined ? {} : { sentinel }),
    mail: { signature: 'Site' },
    migrations: { name: 'site', migrations: [] },
    blueprints: [
      notes,
      accounts({ roles, layout, siteName: 'Site', administratorRole: 'admin' }),
      tokens({
        ...{ roles, layout, siteName: 'Site' },
        scopes: { 'note:read': 'Read notes', 'note:write': 'Write notes' },
        clients: { cli: { name: 'Site CLI', scopes: ['note:read', 'note:write'] } },
        ...own,
      }),
    ],
  }
}

export async function openSite(context: TestContext, changes: Changes = {}): Promise<TokenSite> {
  const handled: string[] = []
  // An outside client reads the clock of the system.
  const site = await testApp(projectOf(handled, changes), {
    startMilliseconds: Date.now(),
  })
  context.after(site.close)
  return { ...site, handled, fetch: fetchOver(site) }
}

function fetchOver(site: TestSite): TokenSite['fetch'] {
  return async (url, init) => {
    const request = new Request(url, init)
    const { pathname, search } = new URL(request.url)
    const text = await request.text()
    const reply = await site.visitor().send({
      ...{ method: request.method, target: pathname + search },
      headers: Object.fromEntries(request.headers),
      ...(text === '' ? {} : { body: text }),
    })
    const headers = new Headers()
    for (const name of ['content-type', 'www-authenticate', 'cache-control']) {
      for (const value of reply.headers(name)) headers.append(name, value)
    }
    return new Response(reply.text, { status: reply.status, headers })
  }
}

/** A form of a program, sent as it stands. */
export async function oauthPost(
  site: TokenSite,
  path: string,
  form: Readonly<Record<string, string>>,
  { peerAddress, ...headers }: Readonly<Record<string, string>> = {},
): Promise<{ readonly reply: TestReply; readonly json: Readonly<Record<string, unknown>> }> {
  const reply = await site.visitor().send({
    ...{ method: 'POST', target: path, body: new URLSearchParams(form).toString() },
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    ...(peerAddress === undefined ? {} : { peerAddress }),
  })
  return { reply, json: JSON.parse(reply.text) }
}

/** A person who types the code of a device and agrees. */
export async function approve(person: SignedInClient, userCode: string): Promise<TestReply> {
  const entered = await person.post('/device', { code: userCode })
  if (entered.location === undefined) return entered
  return person.post(`${entered.location}/approve`, {}, { from: entered.location })
}

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

export type AppTokens = { readonly access: string; readonly refresh: string }

/** An app that the person has let in. */
export async function connect(site: TokenSite, person: SignedInClient): Promise<AppTokens> {
  const begun = await oauthPost(site, '/oauth/device_authorization', { client_id: 'cli' })
  await approve(person, String(begun.json.user_code))
  const { json } = await oauthPost(site, '/oauth/token', {
    ...{ grant_type: deviceGrant, client_id: 'cli', device_code: String(begun.json.device_code) },
  })
  return { access: String(json.access_token), refresh: String(json.refresh_token) }
}

export function refresh(site: TokenSite, { refresh: token }: Pick<AppTokens, 'refresh'>) {
  const form = { grant_type: 'refresh_token', client_id: 'cli', refresh_token: token }
  return oauthPost(site, '/oauth/token', form)
}

/** A personal token, as its maker reads it off the page. */
export async function makePersonal(
  person: SignedInClient,
  values: Readonly<Record<string, string>> = {},
): Promise<string> {
  const reply = await person.post('/account/tokens/new', {
    ...{ name: 'nightly', days: '30', scope_note_read: 'on', ...values },
  })
  return /site_pat_[0-9A-Za-z]+/.exec(reply.text)?.[0] ?? ''
}

/** What a program is told that asks for notes with that token. */
export function ask(
  site: TokenSite,
  token: string,
  request: Partial<RawRequest> = {},
): Promise<TestReply> {
  const { headers = {}, ...rest } = request
  return site.visitor().send({
    target: apiPath,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...rest,
  })
}
