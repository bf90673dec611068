/** The same people and objects as for pages, each person with a token of theirs. */
import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { documentProblems, type TestReply, type ValidateSchema } from 'demijohn/testing'
import { roles } from '../src/kit.ts'
import { nextAddress, openWorld, type Seat, type SignedInSeat, type World } from './world.ts'

export type ApiWorld = World & {
  /** A token that was given every permission there is. */
  readonly tokens: Readonly<Record<Seat, string | undefined>>
  /** What is told of the API, to which every answer is held. */
  readonly document: object
}

export async function openApiWorld(): Promise<ApiWorld> {
  const world = await openWorld()
  const { site, people } = world
  const tokens: Record<Seat, string | undefined> = { ...nobody }
  for (const seat of Object.keys(people) as SignedInSeat[]) {
    tokens[seat] = await site.tokenFor(people[seat], roles.permissions)
  }
  const { text } = await site.visitor().get('/api/v1/openapi.json')
  return { ...world, tokens, document: JSON.parse(text) }
}

const ajv = new Ajv2020({ strict: true, strictTypes: false })
formats.default(ajv)
ajv.addVocabulary(['components'])

/** By a validator that is not ours. */
const validate: ValidateSchema = (schema, value) =>
  ajv.validate(schema, value) ? undefined : ajv.errorsText()

const nobody: Record<Seat, undefined> = {
  ...{ anonymous: undefined, viewer: undefined, member: undefined },
  ...{ editor: undefined, other: undefined, admin: undefined },
}

export type ApiRequest = {
  readonly method: string
  readonly target: string
  readonly token?: string | undefined
  readonly json?: unknown
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** Asks, and holds the answer to what is told of its route. */
export async function askApi(
  { site, document }: ApiWorld,
  request: ApiRequest,
): Promise<TestReply> {
  const { method, target, token, json, headers = {} } = request
  const body = json === undefined ? request.body : JSON.stringify(json)
  const reply = await site.visitor().send({
    ...{ method, target, peerAddress: nextAddress() },
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  })
  assert.deepEqual(documentProblems(document, { method, target, reply }, validate), [])
  return reply
}

/** What a program would send to each route, all of it acceptable. */
export const acceptableJson: Readonly<Record<string, object>> = {
  'POST /api/v1/posts': { title: 'A new post', body: 'Text.' },
  'PATCH /api/v1/posts/:postId': { title: 'Another title' },
  'POST /api/v1/posts/:postId/comments': { body: 'Another remark.' },
  'PUT /api/v1/people/:personId/role': { role: 'editor' },
  'PUT /api/v1/people/:personId/suspension': { reason: 'As it happens.' },
}

/** The fields that a write needs beside its body: it is made on whatever is there. */
export const writeHeaders: Readonly<Record<string, string>> = { 'if-match': '*' }
