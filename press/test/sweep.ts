/** What the sweeps over all routes share: the routes as data, fresh objects, eyes for script. */
import assert from 'node:assert/strict'
import { welcomePurpose } from 'demijohn/accounts'
import type { TestClient, TestReply } from 'demijohn/testing'
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse } from 'parse5'
import { project } from '../src/project.ts'
import {
  acceptable,
  addComment,
  addPerson,
  addPost,
  addTicket,
  fillIn,
  look,
  sendForm,
  type Values,
  type World,
} from './world.ts'

export type SweptRoute = {
  readonly route: string
  readonly method: string
  readonly path: string
  readonly params: readonly string[]
  readonly query: readonly string[]
  readonly fields: readonly string[]
}

/** Every route of the application, as it was declared. */
export const routes: readonly SweptRoute[] = project.blueprints
  .flatMap((blueprint) => blueprint.routes)
  .map(({ method, path, params, query, fields }) => ({
    route: `${method} ${path}`,
    method,
    path,
    params: Object.keys(params),
    query: Object.keys(query),
    fields: method === 'POST' ? Object.keys(fields ?? {}) : [],
  }))
assert.ok(routes.length > 35)

/** The path of a route to an object that was made for this one request. */
export async function freshTarget({ site, people }: World, { path }: SweptRoute): Promise<string> {
  const author = people.editor.accountId
  const made: Record<string, string> = {}
  if (path.includes(':postId')) made.postId = await addPost(site, author, { state: 'published' })
  if (path.includes(':commentId')) {
    const postId = await addPost(site, author, { state: 'published' })
    made.commentId = await addComment(site, postId, author)
  }
  if (path.includes(':personId') || path.startsWith('/welcome/')) {
    made.personId = await addPerson(site, { role: 'member', passwordHash: null })
  }
  if (path.includes(':secret')) {
    const isWelcome = path.startsWith('/welcome/')
    made.secret = await addTicket(site, {
      purpose: isWelcome ? welcomePurpose : 'setup',
      accountId: isWelcome ? (made.personId ?? null) : null,
    })
  }
  return fillIn(path, made)
}

/** Who is sent to ask: somebody who may enter, and a newcomer where one is signed in by it. */
export function askerFor({ site, clients, people }: World, { path }: SweptRoute): TestClient {
  if (path === '/login' || path.includes(':secret')) return site.visitor()
  return path.startsWith('/admin') ? clients.admin : people.editor
}

/** Sends a route's form with acceptable values but for those given. */
export function sendWith(
  world: World,
  client: TestClient,
  request: { readonly route: string; readonly target: string; readonly values: Values },
): Promise<TestReply> {
  const values = { ...acceptable(world, request.route), ...request.values }
  return sendForm(client, request.target, values)
}

/** Asks for a route's path with other parameters or another query. */
export function askFor(
  world: World,
  client: TestClient,
  { route, method }: SweptRoute,
  target: string,
): Promise<TestReply> {
  return method === 'GET'
    ? look(client, target)
    : sendWith(world, client, { route, target, values: {} })
}

const addresses = new Set([
  'action',
  'background',
  'cite',
  'data',
  'formaction',
  'href',
  'longdesc',
  'ping',
  'poster',
  'src',
  'srcset',
  'xlink:href',
])
const active = /^(?:script|iframe|frame|object|embed|applet|svg|math|base|style|template)$/

/** What a browser would run in a page, or be led by: a list that has to be empty. */
export function scriptsIn(markup: string): readonly string[] {
  const found: string[] = []
  const walk = (node: DefaultTreeAdapterTypes.Node): void => {
    if (defaultTreeAdapter.isElementNode(node)) {
      const { tagName, attrs } = node
      if (active.test(tagName)) found.push(`<${tagName}>`)
      for (const { name, value } of attrs) {
        const scheme = value.replace(/[\0-\x20]/g, '').toLowerCase()
        const isScript = addresses.has(name) && /^(?:javascript|data|vbscript|blob):/.test(scheme)
        const isHandler = name.startsWith('on') || name === 'style' || name === 'srcdoc'
        if (isScript || isHandler || (tagName === 'meta' && name === 'http-equiv')) {
          found.push(`<${tagName} ${name}="${value}">`)
        }
      }
    }
    if ('childNodes' in node) for (const child of node.childNodes) walk(child)
  }
  walk(parse(markup))
  return found
}
