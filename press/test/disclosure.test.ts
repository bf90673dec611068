/**
 * What a stranger may learn. Secrets are planted as words that stand nowhere else; then everybody
 * asks for everything, and each word may turn up for those alone who are named here.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { welcomePurpose } from 'demijohn/accounts'
import type { TestReply } from 'demijohn/testing'
import { routes, sendWith } from './sweep.ts'
import {
  addPost,
  addTicket,
  dump,
  fillIn,
  look,
  nextAddress,
  openWorld,
  paramsOf,
  password,
  type Seat,
  seats,
  sendForm,
} from './world.ts'

const world = await openWorld()
const { site, people, objects, clients } = world
after(() => site.close())

const draftId = objects.draft?.postId ?? ''
const suspendedId = objects.suspended?.personId ?? ''
await site.tables
  .updateTable('posts')
  .set({ title: 'Harbour Titlequokka', summary: 'Harbour Sumquokka', body: 'Harbour Bodyquokka' })
  .where('id', '=', draftId)
  .execute()
await site.tables
  .updateTable('comments')
  .set({ body: 'Harbour Remarkquokka' })
  .where('postId', '=', draftId)
  .execute()
await site.tables
  .insertInto('profiles')
  .values({ accountId: suspendedId, bio: 'Harbour Bioquokka' })
  .execute()
const emails = await site.db.selectFrom('demijohn_accounts').select(['id', 'email']).execute()
const unused = await addTicket(site, {
  purpose: welcomePurpose,
  accountId: people.viewer.accountId,
})

/** The word that is planted, and who may come upon it. */
type Secret = { readonly word: string; readonly for: readonly Seat[] }

const stored = await dump(site)
const columnOf = (table: string, column: string): readonly string[] =>
  (stored[table] ?? []).map((row) => row[column]).filter((value) => typeof value === 'string')
const cookies = Object.values(people).flatMap(({ cookies }) => [...cookies.values()])
const nobody: readonly Seat[] = []
const secrets: readonly Secret[] = [
  ...['Titlequokka', 'Sumquokka', 'Bodyquokka', draftId].map((word) => ({
    word,
    for: ['editor', 'admin'] as const,
  })),
  { word: 'Remarkquokka', for: ['editor', 'admin'] },
  { word: 'Bioquokka', for: ['admin'] },
  ...emails.map(({ id, email }) => ({ word: email, for: ['admin' as const, ...ownSeat(id)] })),
  ...[...new Set(columnOf('demijohn_accounts', 'passwordHash')), '$argon2', 'argon2id'].map(
    (word) => ({ word, for: nobody }),
  ),
  ...columnOf('demijohn_sessions', 'id').map((word) => ({ word, for: nobody })),
  ...columnOf('demijohn_tickets', 'id').map((word) => ({ word, for: nobody })),
  ...cookies.map((word) => ({ word, for: nobody })),
  { word: unused, for: nobody },
  { word: password, for: nobody },
]
assert.ok(secrets.length > 25 && secrets.every(({ word }) => word.length > 6))

function ownSeat(accountId: string): readonly Seat[] {
  return seats.filter((seat) => seat !== 'anonymous' && people[seat].accountId === accountId)
}

/** Everything that is answered: the body, and each header but the cookie that is the asker's own. */
function everythingOf(reply: TestReply): string {
  const headers = ['location', 'content-disposition', 'link', 'etag', 'x-request-id']
  return [reply.text, ...headers.flatMap((name) => reply.headers(name))].join('\n')
}

const seen = new Map<string, Set<Seat>>()

function inspect(seat: Seat, target: string, reply: TestReply): void {
  const text = everythingOf(reply)
  for (const secret of secrets) {
    // What somebody wrote into the address is theirs already.
    if (!text.includes(secret.word) || target.includes(encodeURIComponent(secret.word))) continue
    assert.ok(secret.for.includes(seat), `${target} tells ${seat} ${secret.word}`)
    seen.set(secret.word, (seen.get(secret.word) ?? new Set()).add(seat))
  }
}

/** Every GET route, on every object that fits it, with and without a query. */
const targets = routes
  .filter(({ method }) => method === 'GET')
  .flatMap(({ path, query }) => {
    const wanted = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
    const fitting = [...Object.keys(objects), 'self']
      .map((object) => paramsOf(world, object, 'member'))
      .concat(Object.values(people).map(({ accountId }) => ({ personId: accountId })))
      .filter((params) => wanted.every((name) => name in params))
      .map((params) => fillIn(path, params))
    const paths = new Set(wanted.length === 0 ? [path] : fitting)
    const values: Readonly<Record<string, string>> = { q: 'Harbour', state: 'draft', page: '1' }
    return [...paths].flatMap((one) => [
      one,
      ...query.map((name) => `${one}?${name}=${values[name] ?? 'drafts'}`),
      `${one}?unknown=1`,
      `${one}/nowhere`,
    ])
  })

for (const seat of seats) {
  test(`[asvs 8.2.2] [asvs 8.2.3] ${seat} is shown no secret of somebody else`, async () => {
    for (const target of targets) {
      const reply = await look(clients[seat], target)
      assert.ok(reply.status < 500, target)
      inspect(seat, target, reply)
    }
    const found = new Set<string>()
    const queue = ['/']
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (found.has(next) || found.size > 300) continue
      found.add(next)
      const reply = await look(clients[seat], next)
      inspect(seat, next, reply)
      const links = reply.text.matchAll(/(?:href|src|action)="(\/[^"#]*)/g)
      queue.push(...[...links].map(([, link = '']) => link.replaceAll('&amp;', '&')))
    }
    assert.ok(found.size > 10, `${seat} has followed ${found.size} links`)
  })
}

test('[asvs 8.2.2] and none in the answer to a form that they may not send', async () => {
  let refused = 0
  for (const route of routes.filter(({ method }) => method === 'POST')) {
    if (route.path === '/logout' || route.path === '/login') continue
    for (const object of ['draft', 'draft-editor', 'suspended', 'gone', '-']) {
      for (const seat of ['anonymous', 'viewer', 'other'] as const) {
        const target = fillIn(route.path, paramsOf(world, object, seat))
        const values = Object.fromEntries(route.fields.map((name) => [name, '']))
        const reply = await sendForm(clients[seat], target, values)
        inspect(seat, target, reply)
        if (reply.status >= 400) refused += 1
      }
    }
  }
  assert.ok(refused > 100)
})

test('who may see them does see them, so the words are there to be found', () => {
  const draft = ['Titlequokka', 'Sumquokka', 'Bodyquokka', 'Remarkquokka', draftId]
  for (const word of draft) assert.deepEqual(seen.get(word), new Set(['editor', 'admin']), word)
  assert.deepEqual(seen.get('Bioquokka'), new Set(['admin']))
  for (const seat of ['viewer', 'member', 'editor', 'other'] as const) {
    assert.ok(seen.get(people[seat].email)?.has(seat), `${seat} sees the own address`)
  }
})

test('[asvs 8.2.2] how many drafts there are is told to nobody else', async () => {
  const places = ['/', '/feed.xml', '/search?q=Harbour', `/people/${people.editor.accountId}`]
  const strangers = ['anonymous', 'viewer', 'member', 'other'] as const
  const lookAround = async () => {
    const texts: string[] = []
    for (const seat of strangers) {
      for (const place of places) texts.push((await look(clients[seat], place)).text)
    }
    return texts.map((text) => text.replaceAll(/value="[\w-]{86}"/g, ''))
  }
  const before = await lookAround()
  const title = 'Harbour'
  for (let count = 0; count < 30; count += 1) {
    await addPost(site, people.editor.accountId, { state: 'draft', title })
  }
  assert.deepEqual(await lookAround(), before)
})

test('[asvs 16.2.5] the log holds no secret, no address, and nothing that was sent', async () => {
  const sent = 'Sentquokka'
  const client = site.visitor()
  const { email } = people.viewer
  assert.equal((await sendForm(client, '/login', { email, password })).status, 303)
  await sendForm(site.visitor(), '/login', { email: `${sent}@site.example`, password: sent })
  for (const route of routes.filter(({ method }) => method === 'POST')) {
    if (route.path === '/logout') continue
    const values = Object.fromEntries(route.fields.map((name) => [name, `${sent} ${name}`]))
    const target = `${fillIn(route.path, paramsOf(world, 'gone', 'editor'))}?q=${sent}`
    await sendWith(world, people.editor, { route: route.route, target, values })
    await sendForm(people.editor, fillIn(route.path, objects.published ?? {}), values)
  }
  const spoken = await sendForm(people.editor, '/posts/new', {
    title: sent,
    summary: sent,
    body: sent,
    state: 'published',
  })
  assert.equal(spoken.status, 303)
  for (const path of [`/search?q=${sent}`, `/${sent}`, `/posts/${sent}`, `/?${sent}=${sent}`]) {
    await look(people.editor, path)
  }
  const headers = { [sent]: sent, 'user-agent': sent, referer: `https://x.example/${sent}` }
  const raw = { target: '/', headers, peerAddress: nextAddress() }
  await client.send({ ...raw, headers: { ...headers, cookie: `__Host-session=${sent}` } })
  await client.send({ ...raw, headers: { ...headers, origin: `https://${sent}.example` } })
  const log = site.logLines.join('')
  assert.ok(site.logLines.length > 1000)
  for (const { word, for: who } of secrets) {
    // Ids name objects in the log, and open none.
    if (word === draftId) continue
    assert.ok(!log.includes(word), `the log holds ${word}, for ${who.join(' and ')}`)
  }
  const tokens = [...clients.editor.cookies, ...client.cookies].map(([, value]) => value)
  for (const token of tokens) assert.ok(!log.includes(token), 'a cookie is in the log')
  assert.ok(!log.toLowerCase().includes(sent.toLowerCase()), 'what was sent is in the log')
  assert.doesNotMatch(log, /@site\.example|formToken|[A-Za-z0-9_-]{43}/)
})
