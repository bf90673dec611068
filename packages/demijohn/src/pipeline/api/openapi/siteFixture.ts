/** The described API as a site, with what its operations are and how to ask them. */
import assert from 'node:assert/strict'
import type { TokenReader } from '../../../defences/tokens/principal.ts'
import type { Project } from '../../../serve/application.ts'
import type { TestReply } from '../../../testing/client.ts'
import { roles } from '../../../testing/projectFixture.ts'
import { type TestSite, testApp } from '../../../testing/site.ts'
import { compileRoutes } from '../../compile.ts'
import { ben, readTestToken } from '../apiFixture.ts'
import { type ExampleRequest, exampleRequest } from './example.ts'
import { ownerId } from './openapiFixture.ts'
import { type Operation, operationsOf } from './operation.ts'

/** As the test tokens say it: role, account, scopes. */
export const tokens = {
  good: `Bearer editor.${ownerId}.note:read+note:edit`,
  withoutScopes: `Bearer editor.${ownerId}.`,
  ofLowerRole: `Bearer viewer.${ownerId}.note:read+note:edit`,
  ofUnknownRole: `Bearer root.${ownerId}.note:read+note:edit`,
  ofSomebodyElse: `Bearer editor.${ben}.note:read+note:edit`,
  /** Behind it is a sign-in of a day ago. */
  old: `Bearer editor.${ownerId}.note:read+note:edit+old`,
} as const

const readToken: TokenReader = async (request) => {
  const found = await readTestToken(request)
  if (typeof found !== 'object' || !found.person.scopes.has('old')) return found
  return { ...found, authenticatedAt: found.authenticatedAt - 86_400_000 }
}

export type DescribedSite = TestSite & {
  readonly document: Record<string, unknown>
  readonly operations: readonly Operation[]
}

export async function describedSite(project: Project): Promise<DescribedSite> {
  const site = await testApp(project, { readToken })
  const nothing = { passwordHash: null, suspendedAt: null, passwordChangedAt: null }
  const people = [ownerId, ben].map((id) => ({
    ...{ id, email: `${id}@site.example`, emailKey: `${id}@site.example` },
    ...{ name: 'x', role: 'editor', createdAt: 0, ...nothing },
  }))
  await site.db.insertInto('demijohn_accounts').values(people).execute()
  const routes = compileRoutes(project.blueprints, roles)
  const policy = routes.find((route) => route.policy !== undefined)?.policy
  assert.ok(policy !== undefined)
  const reader = await site.signInAs('admin')
  const reply = await reader.get(`${policy.prefix}/openapi.json`)
  assert.equal(reply.status, 200)
  const document: unknown = JSON.parse(reply.text)
  assert.ok(typeof document === 'object' && document !== null)
  return Object.assign(site, {
    document: { ...document },
    operations: operationsOf(routes, policy),
  })
}

export type Sent = {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly httpVersion?: string
}

let askers = 0

/** From a client that has not asked before, an hour after the last one: no limit is in the way. */
export async function ask(site: DescribedSite, sent: Sent): Promise<TestReply> {
  askers += 1
  site.clock.advance(3_600_000)
  const peerAddress = `10.${askers >> 16}.${(askers >> 8) & 255}.${askers & 255}`
  return site.visitor().send({ ...sent, peerAddress })
}

/** The example of the page, with what a shell would put in. */
export async function exampleOf(site: DescribedSite, operation: Operation): Promise<Sent> {
  const example: ExampleRequest = exampleRequest(operation)
  const { method, target, fields, json } = example
  const etag = fields.some(([name]) => name === 'If-Match')
    ? (await ask(site, { method: 'GET', target, headers: { authorization: tokens.good } })).header(
        'etag',
      )
    : undefined
  askers += 1
  const headers = fields.map(([name, value]) => [
    name.toLowerCase(),
    value
      .replace('Bearer $TOKEN', tokens.good)
      .replace('$ETAG', etag ?? '')
      .replace('$(uuidgen)', `key-${askers}`),
  ])
  return {
    ...{ method, target, headers: Object.fromEntries(headers) },
    ...(json === undefined ? {} : { body: json }),
  }
}
