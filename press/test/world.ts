/**
 * The site that the tests of this folder ask: one person in each seat, and one object of each kind.
 * Whatever is sent comes from an address of its own, so that no allowance decides an answer.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createId } from 'demijohn'
import {
  accountStore,
  createPasswordHasher,
  createTicket,
  passwordOptions,
  welcomePurpose,
} from 'demijohn/accounts'
import type { SignedInClient, TestClient, TestReply } from 'demijohn/testing'
import { sql } from 'kysely'
import type { Role } from '../src/kit.ts'
import { openPress, type PressSite } from '../src/posts/postsFixture.ts'

/** `editor` owns the posts; `other` is an editor who owns none of them. */
export const seats = ['anonymous', 'viewer', 'member', 'editor', 'other', 'admin'] as const
export type Seat = (typeof seats)[number]
export type SignedInSeat = Exclude<Seat, 'anonymous'>

export const origin = 'https://site.example'
export const password = 'otters juggle seven lanterns'
const hashed = createPasswordHasher({ options: passwordOptions() }).hashPassword(password)

export type Values = Readonly<Record<string, string>>

export type World = {
  readonly site: PressSite
  readonly clients: Readonly<Record<Seat, TestClient>>
  readonly people: Readonly<Record<SignedInSeat, SignedInClient>>
  /** Path parameters by the name of an object. */
  readonly objects: Readonly<Record<string, Values>>
  /** The app that waits for each of them to decide: they have typed its code. */
  readonly grants: Readonly<Record<SignedInSeat, string>>
  /** The code of an app that nobody has typed yet. */
  readonly userCode: string
}

export async function openWorld(): Promise<World> {
  const site = await openPress()
  const people = {
    viewer: await site.signInAs('viewer'),
    member: await site.signInAs('member'),
    editor: await site.signInAs('editor'),
    other: await site.signInAs('editor'),
    admin: await site.signInAs('admin'),
  }
  const passwordHash = await hashed
  assert.ok(typeof passwordHash === 'string')
  const somebody = await addPerson(site, { role: 'member', passwordHash })
  const suspended = await addPerson(site, { role: 'member', passwordHash, suspendedAt: 1 })
  const invited = await addPerson(site, { role: 'member', passwordHash: null })
  await site.db
    .updateTable('demijohn_accounts')
    .set({ passwordHash })
    .where('id', '!=', invited)
    .execute()
  const editor = people.editor.accountId
  const member = people.member.accountId
  const published = await addPost(site, editor, { state: 'published' })
  const draft = await addPost(site, editor, { state: 'draft' })
  const gone = createId(site.clock.now())
  const objects = {
    '-': {},
    gone: {
      ...{ postId: gone, commentId: gone, personId: gone, grantId: gone },
      ...{ secret: 'A'.repeat(43), name: 'gone', passkey: passkeyOf(gone) },
    },
    published: { postId: published },
    draft: { postId: draft },
    'by-member': { commentId: await addComment(site, published, member) },
    'by-editor': { commentId: await addComment(site, published, editor) },
    'draft-member': { commentId: await addComment(site, draft, member) },
    'draft-editor': { commentId: await addComment(site, draft, editor) },
    somebody: { personId: somebody, passkey: passkeyOf(somebody) },
    'somebody-else': { grantId: await claimedBy(site, { accountId: somebody }) },
    suspended: { personId: suspended },
    welcome: { secret: await addTicket(site, { purpose: welcomePurpose, accountId: invited }) },
    setup: { secret: await addTicket(site, { purpose: 'setup', accountId: null }) },
    ...(await mailedLinks(site, somebody)),
    ...(await assetsOf(site)),
  }
  const userCode = (await askToBeLetIn(site)).userCode
  const grants = {
    viewer: await claimedBy(site, people.viewer),
    member: await claimedBy(site, people.member),
    editor: await claimedBy(site, people.editor),
    other: await claimedBy(site, people.other),
    admin: await claimedBy(site, people.admin),
  }
  const clients = { anonymous: site.visitor(), ...people }
  return { site, clients, people, objects, grants, userCode }
}

/** An app asks, as `press login` does. */
async function askToBeLetIn({ app }: PressSite) {
  const asked = { clientId: 'press-cli', scopes: ['post:read'], boundTo: undefined, network: '::1' }
  const begun = await app.tokens.beginGrant(asked)
  assert.ok(begun !== null)
  return begun
}

/** The id of a grant whose code that person has typed. */
export async function claimedBy(
  site: PressSite,
  { accountId }: Pick<SignedInClient, 'accountId'>,
): Promise<string> {
  const { userCode } = await askToBeLetIn(site)
  const grant = await site.app.tokens.claimGrant(userCode, accountId)
  assert.ok(grant !== null)
  return grant.id
}

/** One link of each kind that goes out by mail. */
async function mailedLinks(site: PressSite, accountId: string): Promise<Record<string, Values>> {
  const email = 'read@site.example'
  const nobody = { accountId: null, email }
  const secretOf = async (ticket: Parameters<typeof addTicket>[1]) => ({
    secret: await addTicket(site, ticket),
  })
  return {
    registration: await secretOf({ purpose: 'registration', ...nobody }),
    invitation: await secretOf({ purpose: 'invitation', role: 'editor', ...nobody }),
    reset: await secretOf({ purpose: 'reset', accountId, email: `${accountId}@site.example` }),
    'email-confirm': await secretOf({ purpose: 'email-confirm', accountId, email }),
    'email-undo': await secretOf({ purpose: 'email-undo', accountId, email }),
  }
}

/** One for everybody. With it a password alone signs nobody in any more. */
export async function givePasskeys({ site, people, objects }: World): Promise<void> {
  const somebody = objects.somebody?.personId ?? ''
  for (const { accountId } of [...Object.values(people), { accountId: somebody }]) {
    await addPasskey(site, accountId)
  }
}

async function addPasskey({ db, clock }: PressSite, accountId: string): Promise<void> {
  const key = { publicKey: 'none', signCount: 0, transports: 'usb', name: 'A key' }
  const times = { createdAt: clock.now(), lastUsedAt: null }
  await db
    .insertInto('demijohn_passkeys')
    .values({ id: passkeyIdOf(accountId), accountId, ...key, ...times })
    .execute()
}

function passkeyIdOf(accountId: string): string {
  return `passkey-of-${accountId}`
}

/** What its page is called: SHA-256 of the credential's id. */
function passkeyOf(accountId: string): string {
  return createHash('sha256').update(passkeyIdOf(accountId)).digest('hex')
}

type NewPerson = {
  readonly role: Role
  readonly passwordHash: string | null
  readonly suspendedAt?: number
}

export async function addPerson(site: PressSite, person: NewPerson): Promise<string> {
  const id = createId(site.clock.now())
  const email = `${id}@site.example`
  const times = { createdAt: site.clock.now(), passwordChangedAt: null }
  const account = { id, email, emailKey: email, name: 'Ann Other', suspendedAt: null, ...times }
  await site.db
    .insertInto('demijohn_accounts')
    .values({ ...account, ...person })
    .execute()
  return id
}

export async function addPost(
  { tables, clock }: PressSite,
  authorId: string,
  post: { readonly state: 'draft' | 'published'; readonly title?: string; readonly body?: string },
): Promise<string> {
  const now = clock.now()
  const id = createId(now)
  const times = { createdAt: now, updatedAt: now, publishedAt: now }
  await tables
    .insertInto('posts')
    .values({ id, authorId, title: 'A title', summary: '', body: 'Text.', ...post, ...times })
    .execute()
  return id
}

export async function addComment(
  { tables, clock }: PressSite,
  postId: string,
  authorId: string,
  body = 'A remark.',
): Promise<string> {
  const id = createId(clock.now())
  const comment = { id, postId, authorId, body, createdAt: clock.now() }
  await tables.insertInto('comments').values(comment).execute()
  return id
}

export function addTicket(
  { db, clock }: PressSite,
  ticket: {
    readonly purpose: string
    readonly accountId: string | null
    readonly email?: string
    readonly role?: Role
  },
): Promise<string> {
  return createTicket(accountStore({ db, clock }), { ...ticket, ttlMinutes: 60 })
}

/** Static files have their content's hash in the name, so the front page is asked for two. */
async function assetsOf(site: PressSite): Promise<Record<string, Values>> {
  const { text } = await site.visitor().get('/')
  const [, stylesheet = ''] = /\/static\/([^/"]+\.css)"/.exec(text) ?? []
  const [, folder = '', font = ''] = /\/static\/([^/"]+)\/([^/"]+\.woff2)"/.exec(text) ?? []
  assert.ok(stylesheet !== '' && font !== '')
  return { stylesheet: { name: stylesheet }, font: { folder, name: font } }
}

/** `self` is whoever asks. */
export function paramsOf(world: World, object: string, seat: Seat): Values {
  if (object === 'self') {
    const personId = idOf(world, seat)
    const grantId = seat === 'anonymous' ? personId : world.grants[seat]
    return { personId, passkey: passkeyOf(personId), grantId }
  }
  const found = world.objects[object]
  assert.ok(found !== undefined, `there is no object ${object}`)
  return found
}

function idOf({ people, objects }: World, seat: Seat): string {
  return seat === 'anonymous' ? (objects.gone?.personId ?? '') : people[seat].accountId
}

/** A pattern with its parameters filled in; what a pattern does not name is left out. */
export function fillIn(pattern: string, params: Values): string {
  return pattern.replaceAll(/:([A-Za-z]+)/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? 'gone'),
  )
}

/** What a person would send with each form, all of it acceptable. */
export function acceptable(
  { people, site, userCode, objects }: World,
  route: string,
  seat: Seat = 'viewer',
): Values {
  const self = seat === 'anonymous' ? people.viewer : people[seat]
  const post = { title: 'Another title', summary: '', body: 'Other text.', state: 'published' }
  const forms: Readonly<Record<string, Values>> = {
    'POST /account/delete': { email: self.email },
    'POST /account/email': { email: 'elsewhere@site.example', currentPassword: password },
    'POST /account/factors/passkeys/:passkey': { name: 'Another key' },
    'POST /account/factors/totp': { code: '123456' },
    'POST /account/password': { currentPassword: password, newPassword: `${password} again` },
    'POST /account/tokens/new': { name: 'Nightly', days: '30', scope_post_read: 'on' },
    'POST /account/tokens/revoke': { id: objects.gone?.personId ?? '' },
    'POST /device': { code: userCode },
    'POST /admin/people/:personId/role': { role: 'editor' },
    'POST /admin/people/new': { name: 'New', email: 'new@site.example', role: 'admin' },
    'POST /invitation/:secret': { name: 'Newcomer', newPassword: password },
    'POST /login': { email: people.viewer.email, password },
    'POST /login/confirm': { password },
    'POST /login/second-factor': { code: '123456' },
    'POST /posts/:postId/comments': { body: 'Another remark.' },
    // What `addPost` made, at this moment of a clock that stands still.
    'POST /posts/:postId/edit': { ...post, revision: String(site.clock.now()) },
    'POST /posts/new': post,
    'POST /register': { email: 'newcomer@site.example' },
    'POST /reset': { email: people.viewer.email },
    'POST /reset/:secret': { newPassword: `${password} at last` },
    'POST /settings': { name: 'Another name', bio: 'Something.' },
    'POST /setup/:secret': { name: 'First', email: 'first@site.example', newPassword: password },
    'POST /verify/:secret': { name: 'Newcomer', newPassword: password },
    'POST /welcome/:secret': { newPassword: `${password} at last` },
  }
  return forms[route] ?? {}
}

let asked = 0

/** No two requests come from the same address: limits have tests of their own. */
export function nextAddress(): string {
  asked += 1
  return `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked & 255}`
}

export const navigation = {
  accept: 'text/html',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
}

export function look(client: TestClient, target: string, method = 'GET'): Promise<TestReply> {
  return client.send({ method, target, headers: navigation, peerAddress: nextAddress() })
}

/** A form token of the client's own, from a page that everybody in its place may see. */
export async function ownToken(client: TestClient): Promise<string> {
  const signedIn = await look(client, '/account/password')
  const page = signedIn.status === 200 ? signedIn : await look(client, '/login')
  const token = page.forms.map((form) => form.values.get('formToken')).find(Boolean)
  assert.ok(token !== undefined, 'a form with a token')
  return token
}

/** Sends a form as a browser would, with a token that is the client's own. */
export async function sendForm(
  client: TestClient,
  target: string,
  values: Values,
): Promise<TestReply> {
  const formToken = await ownToken(client)
  return client.send({
    method: 'POST',
    target,
    peerAddress: nextAddress(),
    headers: { ...navigation, origin, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...values, formToken }).toString(),
  })
}

export type Row = Readonly<Record<string, unknown>>
export type Dump = Readonly<Record<string, readonly Row[]>>

/**
 * Every row of every table, apart from what is noted of sessions on the way: when one was last seen,
 * what it will be told next, and the number that tells other processes of it.
 */
export async function dump({ db }: PressSite): Promise<Dump> {
  const { rows: tables } = await sql<{
    name: string
  }>`select name from sqlite_master where type = 'table' and name != 'demijohn_revisions' order by name`.execute(
    db,
  )
  const out: Record<string, readonly Row[]> = {}
  for (const { name } of tables) {
    const { rows } = await sql<Row>`select * from ${sql.table(name)}`.execute(db)
    out[name] = rows.map(({ lastSeenAt, notice, ...row }) => row)
  }
  return out
}
