/** What the sweeps over all routes share: the routes as data, fresh objects, eyes for script. */
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import type { SignedInClient, TestClient, TestReply } from 'demijohn/testing'
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse } from 'parse5'
import type { PressSite } from '../src/posts/postsFixture.ts'
import { project } from '../src/project.ts'
import {
  acceptable,
  addComment,
  addPerson,
  addPost,
  addTicket,
  claimedBy,
  type Dump,
  dump,
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

/** Every page and form of the application, as it was declared. Programs are swept in apiSweep.test.ts. */
export const routes: readonly SweptRoute[] = project.blueprints
  .flatMap((blueprint) => blueprint.routes)
  .filter(({ credential }) => credential === 'session')
  .map(({ method, path, params, query, fields }) => ({
    route: `${method} ${path}`,
    method,
    path,
    params: Object.keys(params),
    query: Object.keys(query),
    fields: method === 'POST' ? Object.keys(fields ?? {}) : [],
  }))
assert.ok(routes.length > 35)

/** What the one-time link of each path is for. */
const purposes: Readonly<Record<string, string>> = {
  '/email/confirm/:secret': 'email-confirm',
  '/email/undo/:secret': 'email-undo',
  '/invitation/:secret': 'invitation',
  '/reset/:secret': 'reset',
  '/setup/:secret': 'setup',
  '/verify/:secret': 'registration',
  '/welcome/:secret': 'welcome',
}

let made = 0

/** An address that nobody has. */
export function newAddress(): string {
  made += 1
  return `new-${made}@site.example`
}

/** The path of a route to an object that was made for this one request. */
export async function freshTarget({ site, people }: World, { path }: SweptRoute): Promise<string> {
  const author = people.editor.accountId
  const params: Record<string, string> = {}
  if (path.includes(':postId')) params.postId = await addPost(site, author, { state: 'published' })
  if (path.includes(':commentId')) {
    const postId = await addPost(site, author, { state: 'published' })
    params.commentId = await addComment(site, postId, author)
  }
  if (path.includes(':personId')) {
    const suspendedAt = path.endsWith('/restore') ? 1 : null
    const person = { role: 'member', passwordHash: null } as const
    params.personId = await addPerson(
      site,
      suspendedAt === null ? person : { ...person, suspendedAt },
    )
  }
  if (path.includes(':grantId')) params.grantId = await claimedBy(site, people.editor)
  if (path.includes(':passkey')) params.passkey = await freshPasskey(site, author)
  if (path.includes(':secret')) params.secret = await addLink(site, path)
  return fillIn(path, params)
}

async function addLink(site: PressSite, path: string): Promise<string> {
  const purpose = purposes[path]
  assert.ok(purpose !== undefined, `what is the link of ${path} for?`)
  const isOfAnAccount = !['setup', 'registration', 'invitation'].includes(purpose)
  const accountId = isOfAnAccount
    ? await addPerson(site, { role: 'member', passwordHash: null })
    : null
  if (purpose === 'setup') await leaveNoAdministrator(site)
  const email = newAddress()
  const ticket = { purpose, accountId, email }
  return addTicket(site, purpose === 'invitation' ? { ...ticket, role: 'editor' } : ticket)
}

/** A setup link is void where there is one. */
async function leaveNoAdministrator({ db }: PressSite): Promise<void> {
  await db
    .updateTable('demijohn_accounts')
    .set({ role: 'editor' })
    .where('role', '=', 'admin')
    .execute()
}

/** In place of the last one, for there are only so many; gives what its page is called. */
async function freshPasskey({ db, clock }: PressSite, accountId: string): Promise<string> {
  await db
    .deleteFrom('demijohn_passkeys')
    .where('accountId', '=', accountId)
    .where('id', 'like', 'swept-passkey-%')
    .execute()
  made += 1
  const id = `swept-passkey-${made}`
  const key = { publicKey: 'none', signCount: 0, transports: 'usb', name: 'A key' }
  const times = { createdAt: clock.now(), lastUsedAt: null }
  await db
    .insertInto('demijohn_passkeys')
    .values({ id, accountId, ...key, ...times })
    .execute()
  return createHash('sha256').update(id).digest('hex')
}

/** What is for newcomers: links, and ways in. */
const isForVisitors = (path: string): boolean =>
  path.includes(':secret') || /^\/(?:login|login\/passkey|register|reset)$/.test(path)

/** Who is sent to ask: somebody who may enter, and has what the page is about. */
export async function askerFor(world: World, { path }: SweptRoute): Promise<TestClient> {
  const { site, clients, people } = world
  if (isForVisitors(path)) return site.visitor()
  if (path.startsWith('/login/second-factor')) return (await factorsOf(world)).half.client
  if (path === '/account/factors/totp') return (await factorsOf(world)).pending.client
  if (path === '/account/factors/totp/remove') return (await factorsOf(world)).holder.client
  return path.startsWith('/admin') ? clients.admin : people.editor
}

type Pending = {
  readonly client: SignedInClient
  /** The app's secret in base32, as the page shows it. */
  readonly secret: string
}
type AppHolder = Pending & {
  /** The recovery codes that came with it. */
  readonly recoveryCodes: readonly string[]
}

type Factors = {
  /** Has given the password; an app and a passkey are asked for. */
  readonly half: AppHolder
  /** Has an app whose first code is yet to come. */
  readonly pending: Pending
  readonly holder: AppHolder
}

const factors = new WeakMap<World, Promise<Factors>>()

/** People and their second factors: the same ones for as long as a world lasts. */
export function factorsOf(world: World): Promise<Factors> {
  const known = factors.get(world) ?? makeFactors(world)
  factors.set(world, known)
  return known
}

async function makeFactors(world: World): Promise<Factors> {
  const half = await halfSignedIn(world)
  const holder = await withApp(world)
  const client = await world.site.signInAs('member')
  return { half, holder, pending: { client, secret: await beginApp(client) } }
}

async function halfSignedIn(world: World): Promise<AppHolder> {
  const holder = await withApp(world)
  const { site } = world
  const { accountId, cookies } = holder.client
  await freshPasskey(site, accountId)
  const { credentialRevision } = await site.db
    .selectFrom('demijohn_accounts')
    .select('credentialRevision')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow()
  await site.app.sessions.endAllOf(accountId)
  const proof = { credentialRevision, methods: ['password'] } as const
  const browser = { userAgent: 'test', clientAddress: '127.0.0.1' }
  const issued = await site.app.sessions.create({ accountId, ...proof, ...browser })
  assert.ok(issued)
  cookies.set('__Host-session', issued.token)
  return holder
}

/** Somebody new who has set an authenticator app up, by the pages. */
async function withApp({ site }: World): Promise<AppHolder> {
  const client = await site.signInAs('member')
  const secret = await beginApp(client)
  const code = codeOf(secret, site.clock.now())
  const reply = await sendForm(client, '/account/factors/totp', { code })
  assert.equal(reply.status, 200)
  const recoveryCodes = [...reply.text.matchAll(/<li><code>([A-Z2-7-]{29})<\/code>/g)]
  assert.equal(recoveryCodes.length, 10)
  // The next code is another one: none is taken twice.
  site.clock.advance(30_000)
  return { client, secret, recoveryCodes: recoveryCodes.map(([, shown = '']) => shown) }
}

/** Begins to set an app up; gives the secret that waits for its first code. */
async function beginApp(client: TestClient): Promise<string> {
  const begun = await sendForm(client, '/account/factors/totp/new', {})
  assert.equal(begun.status, 303)
  const { text } = await look(client, '/account/factors/totp')
  const [, shown = ''] = /<code class="secret-key">([A-Z2-7 ]+)<\/code>/.exec(text) ?? []
  assert.ok(shown !== '', 'the page shows the secret')
  return shown.replaceAll(' ', '')
}

/** The six digits of a moment: RFC 6238 with HMAC-SHA-1, steps of 30 seconds. */
export function codeOf(base32: string, milliseconds: number): string {
  const signs = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...base32].map((sign) => signs.indexOf(sign).toString(2).padStart(5, '0')).join('')
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(milliseconds / 30_000)))
  const digest = createHmac('sha1', Buffer.from(bytes)).update(step).digest()
  const at = digest.readUInt8(19) & 15
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
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

/** Where the server asks for a passkey: with options as JSON, and with a script of its own. */
const asksForPasskey =
  /^\/(?:login(?:\/(?:second-factor|confirm))?(?:\/passkey)?|account\/factors\/passkeys)$/

/** Where the server draws a QR code. */
const drawsCode = '/account/factors/totp'

/**
 * What a browser would run in a page, or be led by: a list that has to be empty. What the server has
 * put on the page of that path itself is left out, one of each kind at most, and only in its place.
 */
export function scriptsIn(markup: string, target = ''): readonly string[] {
  const [path = ''] = target.split('?')
  const own = new Set<string>()
  const isOwn = (element: DefaultTreeAdapterTypes.Element): boolean => {
    const kind = ownKindOf(element, path)
    if (kind === undefined || own.has(kind)) return false
    own.add(kind)
    return true
  }
  const found: string[] = []
  const walk = (node: DefaultTreeAdapterTypes.Node): void => {
    if (defaultTreeAdapter.isElementNode(node)) {
      const { tagName, attrs } = node
      if (active.test(tagName) && !isOwn(node)) found.push(`<${tagName}>`)
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

/** What an active element is for when it is one of the server's own; undefined for any other. */
function ownKindOf(element: DefaultTreeAdapterTypes.Element, path: string): string | undefined {
  const { tagName, parentNode, childNodes } = element
  const attributes = attributesOf(element)
  if (tagName === 'svg' && path === drawsCode) {
    const isInPlace = isElement(parentNode) && attributesOf(parentNode).class === 'form-page'
    const isDrawing = childNodes.every((child) => isBlank(child) || isPath(child))
    return isInPlace && isDrawing && attributes.class === 'qr-code' ? 'QR code' : undefined
  }
  if (tagName !== 'script' || !asksForPasskey.test(path)) return undefined
  if (attributes.type === 'application/json' && Object.keys(attributes).length === 1) {
    // Data, and all of it JSON: nothing in it has ended it early.
    const isInForm = isElement(parentNode) && attributesOf(parentNode).class === 'passkey-form'
    const [text] = childNodes
    const isJson = text !== undefined && defaultTreeAdapter.isTextNode(text)
    return isInForm && isJson && isObject(text.value) ? 'passkey options' : undefined
  }
  const isOurs = /^\/static\/demijohn\/passkeys[.-][\w-]+\.js$/.test(attributes.src ?? '')
  return isOurs && childNodes.length === 0 ? 'passkey script' : undefined
}

function isElement(
  node: DefaultTreeAdapterTypes.Node | null,
): node is DefaultTreeAdapterTypes.Element {
  return node !== null && defaultTreeAdapter.isElementNode(node)
}

function attributesOf({ attrs }: DefaultTreeAdapterTypes.Element): Values {
  return Object.fromEntries(attrs.map(({ name, value }) => [name, value]))
}

function isBlank(node: DefaultTreeAdapterTypes.Node): boolean {
  return defaultTreeAdapter.isTextNode(node) && node.value.trim() === ''
}

/** A line and its colour, and nothing else. */
function isPath(node: DefaultTreeAdapterTypes.Node): boolean {
  if (!isElement(node) || node.tagName !== 'path' || node.childNodes.length > 0) return false
  const { fill, d = '', ...others } = attributesOf(node)
  const isPlain = /^#\w{3}$/.test(fill ?? '') && /^[Mhvz\d -]*$/i.test(d)
  return isPlain && Object.keys(others).length === 0
}

function isObject(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null
  } catch {
    return false
  }
}

/** Every row of every table, and the counts of tries. */
export async function dumpAll(site: PressSite): Promise<Dump> {
  const counts = await site.db.selectFrom('demijohn_throttles').selectAll().execute()
  return { ...(await dump(site)), demijohn_throttles: counts }
}
