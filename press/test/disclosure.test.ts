/**
 * What a stranger may learn. Secrets are planted as words that stand nowhere else; then everybody
 * asks for everything, and each word may turn up for those alone who are named here.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { welcomePurpose } from 'demijohn/accounts'
import type { TestClient, TestReply } from 'demijohn/testing'
import { dumpAll, factorsOf, routes, sendWith } from './sweep.ts'
import {
  addPost,
  addTicket,
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

/** A browser that stays signed in, and is known again. */
const browser = site.visitor()
const { email } = people.viewer
assert.equal((await sendForm(browser, '/login', { email, password, remember: 'on' })).status, 303)
assert.deepEqual([...browser.cookies.keys()].toSorted(), [
  '__Host-device',
  '__Host-remember',
  '__Host-session',
  '__Host-visitor',
])

const { half, pending, holder } = await factorsOf(world)
const arriving = 'arrivalquokka@site.example'
const moving = 'movequokka@site.example'
const asked = [
  await sendForm(site.visitor(), '/reset', { email }),
  await sendForm(site.visitor(), '/register', { email: arriving }),
  await sendForm(people.other, '/account/email', { email: moving, currentPassword: password }),
]
assert.deepEqual(
  asked.map(({ status }) => status),
  [200, 200, 200],
)
/** What opens something, and to whom it was sent. */
const mailed = (await site.mails()).flatMap(({ to, links }) =>
  links
    .map((path) => path.split('/').at(-1) ?? '')
    .filter((word) => word.length === 43)
    .map((word) => ({ to, word })),
)
assert.deepEqual(mailed.map(({ to }) => to).toSorted(), [arriving, moving, email])
const emails = await site.db.selectFrom('demijohn_accounts').select(['id', 'email']).execute()
const unused = await addTicket(site, {
  purpose: welcomePurpose,
  accountId: people.viewer.accountId,
})

/** Whoever looks: a seat, or somebody with a second factor of that kind. */
type Looker = Seat | 'half' | 'pending' | 'holder'

/** The word that is planted, who may come upon it, and on which page, if on one alone. */
type Secret = { readonly word: string; readonly for: readonly Looker[]; readonly at?: string }

const stored = await dumpAll(site)
/** What stands in a column: a row with nothing in it has no secret there. */
const columnOf = (table: string, column: string): readonly string[] => {
  const values = (stored[table] ?? [])
    .map((row) => row[column])
    .filter((value) => typeof value === 'string' && value !== '')
  assert.ok(values.length > 0, `there is something in ${table}.${column}`)
  return values.map(String)
}
const factorClients = { half: half.client, pending: pending.client, holder: holder.client }
const cookies = [browser, ...Object.values(people), ...Object.values(factorClients)].flatMap(
  (client) => [...client.cookies.values()],
)
const nobody: readonly Looker[] = []
const inFours = (base32: string): string => (base32.match(/.{1,4}/g) ?? []).join(' ')
/** The ways in which the bytes of an app's secret may be written. */
const writtenAs = (base32: string): readonly string[] => [base32, inFours(base32)]
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
  // What a copy of the database holds of everything that opens something.
  ...[
    ...columnOf('demijohn_totp', 'secret'),
    ...columnOf('demijohn_recovery_codes', 'id'),
    ...columnOf('demijohn_remembered', 'id'),
    ...columnOf('demijohn_remembered', 'familyId'),
    ...columnOf('demijohn_devices', 'deviceId'),
    ...columnOf('demijohn_throttles', 'key'),
    ...columnOf('demijohn_mails', 'body'),
  ].map((word) => ({ word, for: nobody })),
  // An app's secret is its owner's until the first code, on the page that asks for it.
  ...writtenAs(pending.secret).map((word) => ({
    ...{ word, for: ['pending'] as const },
    at: '/account/factors/totp',
  })),
  ...[holder, half].flatMap(({ secret }) =>
    writtenAs(secret).map((word) => ({ word, for: nobody })),
  ),
  // They were shown in one answer, which is over.
  ...[holder, half].flatMap(({ recoveryCodes }) =>
    recoveryCodes.flatMap((code) =>
      [code, code.replaceAll('-', '')].map((word) => ({ word, for: nobody })),
    ),
  ),
  ...mailed.map(({ word }) => ({ word, for: nobody })),
  { word: arriving, for: nobody },
  // Whoever asked for the link takes along where it went.
  { word: moving, for: ['other'], at: '/account/export' },
  { word: unused, for: nobody },
  { word: password, for: nobody },
]
assert.ok(secrets.length > 25 && secrets.every(({ word }) => word.length > 6))

/** A sign-in that is half done does not know the address either. */
function ownSeat(accountId: string): readonly Looker[] {
  const own = { ...people, pending: pending.client, holder: holder.client }
  const lookers = ['viewer', 'member', 'editor', 'other', 'admin', 'pending', 'holder'] as const
  return lookers.filter((looker) => own[looker].accountId === accountId)
}

/** Everything that is answered: the body, and each header but the cookie that is the asker's own. */
function everythingOf(reply: TestReply): string {
  const headers = ['location', 'content-disposition', 'link', 'etag', 'x-request-id']
  return [reply.text, ...headers.flatMap((name) => reply.headers(name))].join('\n')
}

const seen = new Map<string, Set<Looker>>()

function inspect(seat: Looker, target: string, reply: TestReply): void {
  const text = everythingOf(reply)
  for (const secret of secrets) {
    // What somebody wrote into the address is theirs already.
    if (!text.includes(secret.word) || target.includes(encodeURIComponent(secret.word))) continue
    assert.ok(secret.for.includes(seat), `${target} tells ${seat} ${secret.word}`)
    const [path] = target.split('?')
    assert.ok(secret.at === undefined || secret.at === path, `${target} tells ${secret.word}`)
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

const lookers: readonly (readonly [Looker, TestClient, string])[] = [
  ['viewer', browser, 'a browser that is remembered'],
  ['half', half.client, 'a sign-in that is half done'],
  ['pending', pending.client, 'whoever sets an app up'],
  ['holder', holder.client, 'whoever has an app'],
]

for (const [seat, client, who] of lookers) {
  test(`[asvs 8.2.2] [asvs 8.2.3] ${who} is shown no secret, of their own or of others`, async () => {
    for (const target of targets) {
      const reply = await look(client, target)
      assert.ok(reply.status < 500, target)
      inspect(seat, target, reply)
    }
  })
}

test('[asvs 14.2.6] what people take along of themselves opens nothing', async () => {
  const exporting: readonly (readonly [Looker, TestClient])[] = [
    ['viewer', browser],
    ['pending', pending.client],
    ['holder', holder.client],
    ...(['member', 'editor', 'other', 'admin'] as const).map(
      (seat) => [seat, people[seat]] as const,
    ),
  ]
  for (const [seat, client] of exporting) {
    const reply = await sendForm(client, '/account/export', {})
    assert.equal(reply.status, 200)
    assert.equal(typeof JSON.parse(reply.text).account.email, 'string')
    // The one comment of their own, and the post that it was written under, a draft by now.
    const own = seat === 'member' ? ['Harbour Remarkquokka', draftId] : []
    const text = own.reduce((rest, word) => rest.replace(word, ''), reply.text)
    inspect(seat, '/account/export', { ...reply, text })
    assert.doesNotMatch(reply.text, /[0-9a-f]{64}|[\w-]{43}|\$argon2/, `of ${seat}`)
  }
})

test('[asvs 8.2.2] recovery codes stand in the answer to whoever made them, and nowhere after', async () => {
  const made = await sendForm(holder.client, '/account/factors/recovery-codes', {})
  const codes = made.text.match(/(?:[A-Z2-7]{4}-){5}[A-Z2-7]{4}/g) ?? []
  assert.equal(codes.length, 10)
  assert.match(made.header('cache-control') ?? '', /no-store/)
  for (const target of targets.filter((path) => path.startsWith('/account'))) {
    const { text } = await look(holder.client, target)
    for (const code of codes) assert.ok(!text.includes(code), `${target} shows ${code}`)
  }
  const kept = JSON.stringify([await dumpAll(site), await site.mails(), site.logLines])
  for (const code of codes) {
    assert.ok(!kept.includes(code) && !kept.includes(code.replaceAll('-', '')), 'it is kept')
  }
})

test('[asvs 8.2.2] a mail tells whom it goes to what is theirs, and nobody else', async () => {
  const mails = await site.mails()
  assert.ok(mails.length > 5)
  for (const { to, subject, text, html } of mails) {
    const whole = [subject, text, html].join('\n')
    for (const { word } of secrets) {
      const isTheirs = word === to || mailed.some((link) => link.word === word && link.to === to)
      assert.ok(isTheirs || !whole.includes(word), `“${subject}” to ${to} tells ${word}`)
    }
  }
  for (const { to, word } of mailed) {
    const holding = mails.filter(({ text, html }) => `${text}${html}`.includes(word))
    assert.deepEqual(
      holding.map((mail) => mail.to),
      [to],
    )
  }
})

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
  for (const word of [inFours(pending.secret)]) {
    assert.deepEqual(seen.get(word), new Set(['pending']), 'the secret of an app')
  }
  assert.deepEqual(seen.get(holder.client.email), new Set(['admin', 'holder']))
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
  assert.equal((await sendForm(client, '/login', { email, password })).status, 303)
  await sendForm(site.visitor(), '/login', { email: `${sent}@site.example`, password: sent })
  for (const route of routes.filter(({ method }) => method === 'POST')) {
    // The asker stays in.
    if (route.path === '/logout' || route.path === '/account/sessions/everywhere') continue
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
  const tokens = [clients.editor, client, browser, ...Object.values(factorClients)]
    .flatMap(({ cookies }) => [...cookies])
    .map(([, value]) => value)
  for (const token of tokens) assert.ok(!log.includes(token), 'a cookie is in the log')
  assert.ok(!log.toLowerCase().includes(sent.toLowerCase()), 'what was sent is in the log')
  assert.doesNotMatch(log, /@site\.example|formToken|[A-Za-z0-9_-]{43}/)
})
