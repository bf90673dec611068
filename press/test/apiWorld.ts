/** The same people and objects as for pages, each person with a token of theirs. */
import type { TestReply } from 'demijohn/testing'
import { roles } from '../src/kit.ts'
import { nextAddress, openWorld, type Seat, type SignedInSeat, type World } from './world.ts'

export type ApiWorld = World & {
  /** A token that was given every permission there is. */
  readonly tokens: Readonly<Record<Seat, string | undefined>>
}

export async function openApiWorld(): Promise<ApiWorld> {
  const world = await openWorld()
  const { site, people } = world
  const tokens: Record<Seat, string | undefined> = { ...nobody }
  for (const seat of Object.keys(people) as SignedInSeat[]) {
    tokens[seat] = await site.tokenFor(people[seat], roles.permissions)
  }
  return { ...world, tokens }
}

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

export function askApi({ site }: World, request: ApiRequest): Promise<TestReply> {
  const { method, target, token, json, headers = {} } = request
  const body = json === undefined ? request.body : JSON.stringify(json)
  return site.visitor().send({
    ...{ method, target, peerAddress: nextAddress() },
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  })
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
