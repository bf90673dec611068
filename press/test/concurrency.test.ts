/**
 * Many at once: the same form twenty times, a deletion while others read, a change of password while
 * its sessions are at work, and two people whose requests interleave.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { TestClient, TestReply } from 'demijohn/testing'
import {
  acceptable,
  addPost,
  fillIn,
  look,
  navigation,
  nextAddress,
  openWorld,
  origin,
  ownToken,
  password,
  sendForm,
  type Values,
} from './world.ts'

const world = await openWorld()
const { site, people, clients, objects } = world
after(() => site.close())

const times = 20

/** Sends a form at once, without a look at any page before. */
function send(client: TestClient, target: string, form: Values): Promise<TestReply> {
  return client.send({
    method: 'POST',
    target,
    peerAddress: nextAddress(),
    headers: { ...navigation, origin, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  })
}

/** Lets that many turns of the queue pass; none, or fewer, is at once. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await null
}

/** Sends many forms without waiting in between, all with one token made before. */
async function atOnce(
  client: TestClient,
  requests: readonly { readonly target: string; readonly values?: Values }[],
): Promise<readonly TestReply[]> {
  const formToken = await ownToken(client)
  return Promise.all(
    requests.map(({ target, values = {} }) => send(client, target, { ...values, formToken })),
  )
}

function tally(replies: readonly TestReply[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

function copies<T>(one: T): readonly T[] {
  return Array.from({ length: times }, () => one)
}

test('twenty times the same new post: twenty posts', async () => {
  const title = 'Written in a hurry'
  const values = { title, summary: '', body: 'Text.', state: 'published' }
  const replies = await atOnce(clients.editor, copies({ target: '/posts/new', values }))
  assert.deepEqual(tally(replies), { 303: times })
  assert.equal(new Set(replies.map(({ location }) => location)).size, times)
  const rows = await site.tables
    .selectFrom('posts')
    .select('id')
    .where('title', '=', title)
    .execute()
  assert.deepEqual(
    rows.map(({ id }) => `/posts/${id}`).sort(),
    replies.map(({ location }) => location).sort(),
  )
})

test('twenty deletions of one post: it is gone, and nobody sees an error', async () => {
  const target = `/posts/${objects.published?.postId}`
  const editors = atOnce(clients.editor, copies({ target: `${target}/delete` }))
  const readers = Promise.all(copies(target).map((one) => look(clients.anonymous, one)))
  for (const { status } of [...(await editors), ...(await readers)]) {
    assert.ok(status === 303 || status === 404 || status === 200, String(status))
  }
  assert.ok((await editors).some(({ status }) => status === 303))
  assert.equal((await look(clients.editor, target)).status, 404)
  const posts = await site.tables.selectFrom('posts').select('id').execute()
  assert.ok(posts.some(({ id }) => id === objects.draft?.postId) && posts.length === times + 1)
})

test('a comment while its post is deleted: taken or not there, at whichever moment', async () => {
  const { editor, member } = clients
  const tokens = { editor: await ownToken(editor), member: await ownToken(member) }
  const answers = new Set<number>()
  // So many turns of the queue pass between the two, the one first and then the other: each moment
  // that either has been awaiting something at has its round.
  for (let lead = -100; lead <= 100; lead += 1) {
    const postId = await addPost(site, people.editor.accountId, { state: 'published' })
    const commenting = turns(-lead).then(() =>
      send(member, `/posts/${postId}/comments`, { body: 'First!', formToken: tokens.member }),
    )
    const deleting = turns(lead).then(() =>
      send(editor, `/posts/${postId}/delete`, { formToken: tokens.editor }),
    )
    const [comment, deleted] = await Promise.all([commenting, deleting])
    assert.equal(deleted.status, 303)
    assert.ok(comment.status === 303 || comment.status === 404, `${comment.status}, ${lead} ahead`)
    answers.add(comment.status)
    const left = await site.tables
      .selectFrom('comments')
      .select('id')
      .where('postId', '=', postId)
      .execute()
    assert.deepEqual(left, [])
  }
  assert.deepEqual(answers, new Set([404, 303]), 'the rounds have covered both ends')
})

for (const path of ['/posts/new', '/posts/:postId/comments', '/settings'] as const) {
  test(`a person is deleted while sending ${path}: no error, at whichever moment`, async () => {
    const { admin } = clients
    const formToken = await ownToken(admin)
    for (let lead = -80; lead <= 80; lead += 2) {
      const person = await site.signInAs('editor')
      const postId = await addPost(site, people.editor.accountId, { state: 'published' })
      const own = { formToken: await ownToken(person) }
      const form = acceptable(world, `POST ${path}`)
      const target = fillIn(path, { postId })
      const sending = turns(-lead).then(() => send(person, target, { ...form, ...own }))
      const away = `/admin/people/${person.accountId}/delete`
      const deleting = turns(lead).then(() => send(admin, away, { formToken }))
      const [sent, deleted] = await Promise.all([sending, deleting])
      assert.equal(deleted.status, 303)
      assert.ok(sent.status < 500, `${sent.status}, ${lead} ahead`)
      for (const table of ['posts', 'comments'] as const) {
        const left = await site.tables
          .selectFrom(table)
          .select('id')
          .where('authorId', '=', person.accountId)
          .execute()
        assert.deepEqual(left, [])
      }
    }
  })
}

test('twenty changes of one role: the last word is one of them, and sessions are over', async () => {
  const person = await site.signInAs('member')
  const target = `/admin/people/${person.accountId}/role`
  const roles = ['viewer', 'editor', 'member', 'admin']
  const asked = copies(target).map((one, at) => ({
    target: one,
    values: { role: roles[at % roles.length] ?? '' },
  }))
  const replies = await atOnce(clients.admin, asked)
  assert.deepEqual(tally(replies), { 303: times })
  const { role } = await site.db
    .selectFrom('demijohn_accounts')
    .select('role')
    .where('id', '=', person.accountId)
    .executeTakeFirstOrThrow()
  assert.ok(roles.includes(role))
  assert.match((await look(person, '/settings')).location ?? '', /^\/login/)
})

test('[asvs 8.3.2] two administrators take each other’s rights: one of them stays', async () => {
  for (let round = 0; round < 5; round += 1) {
    const pair = [await site.signInAs('admin'), await site.signInAs('admin')] as const
    const demote = (by: TestClient, whom: string) =>
      atOnce(by, [{ target: `/admin/people/${whom}/role`, values: { role: 'viewer' } }])
    const [first, second] = pair
    const replies = await Promise.all([
      demote(first, second.accountId),
      demote(second, first.accountId),
    ])
    for (const { status } of replies.flat()) assert.ok(status < 500, String(status))
    const rows = await site.db
      .selectFrom('demijohn_accounts')
      .select('role')
      .where(
        'id',
        'in',
        pair.map(({ accountId }) => accountId),
      )
      .execute()
    assert.deepEqual(rows.map(({ role }) => role).sort(), ['admin', 'viewer'])
  }
})

/** Five at once: more new browsers than that have to wait for each other. */
async function signInTogether(
  visitors: readonly TestClient[],
  email: string,
): Promise<readonly TestReply[]> {
  const replies: TestReply[] = []
  for (let at = 0; at < visitors.length; at += 5) {
    const together = visitors.slice(at, at + 5)
    const sent = together.map((visitor) => sendForm(visitor, '/login', { email, password }))
    replies.push(...(await Promise.all(sent)))
  }
  return replies
}

test('twenty sign-ins of one person: each is a session of its own', async () => {
  const { email } = people.viewer
  const visitors = copies(0).map(() => site.visitor())
  const replies = await signInTogether(visitors, email)
  assert.deepEqual(tally(replies), { 303: times })
  const tokens = visitors.map((visitor) => visitor.cookies.get('__Host-session'))
  assert.equal(new Set(tokens).size, times)
  for (const visitor of visitors) assert.equal((await look(visitor, '/settings')).status, 200)
})

test('more sign-ins than fit are told to come back, and nothing else', async () => {
  const { email } = people.viewer
  const visitors = Array.from({ length: 60 }, () => site.visitor())
  const replies = await Promise.all(
    visitors.map((visitor) => sendForm(visitor, '/login', { email, password })),
  )
  for (const { status, header } of replies) {
    assert.ok(status === 303 || status === 429 || status === 503, String(status))
    if (status !== 303) assert.match(header('retry-after') ?? '', /^\d+$/)
  }
  assert.ok(replies.some(({ status }) => status === 303))
})

test('[asvs 7.4.3] a password changes while its sessions are at work: only the changer goes on', async () => {
  const { email } = people.member
  const devices = copies(0).map(() => site.visitor())
  for (const { status } of await signInTogether(devices, email)) assert.equal(status, 303)
  const [changer, ...others] = devices
  assert.ok(changer !== undefined)
  let over = false
  const work = others.map(async (device) => {
    const statuses: number[] = []
    for (let count = 0; count < 200 && !over; count += 1) {
      statuses.push((await look(device, '/settings')).status)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return statuses
  })
  const values = { currentPassword: password, newPassword: 'a kettle full of thunderstorms' }
  const changed = await sendForm(changer, '/account/password', values)
  assert.equal(changed.status, 303)
  // The very next request of every other device, with its work still under way, is refused.
  for (const device of others) assert.equal((await look(device, '/settings')).status, 303)
  over = true
  for (const statuses of await Promise.all(work)) {
    assert.ok(
      statuses.every((status) => status === 200 || status === 303),
      statuses.join(),
    )
    const ended = statuses.indexOf(303)
    assert.ok(ended === -1 || statuses.slice(ended).every((status) => status === 303))
  }
  assert.equal((await look(changer, '/settings')).status, 200)
})

test('twenty changes of one password at once: one is made, and it is the one that holds', async () => {
  const { email } = people.other
  const asked = copies('/account/password').map((target, at) => ({
    target,
    values: { currentPassword: password, newPassword: `a kettle of ${at} thunderstorms` },
  }))
  const replies = await atOnce(clients.other, asked)
  for (const { status } of replies) assert.ok(status < 500 || status === 503, String(status))
  const made = replies.flatMap(({ status }, at) => (status === 303 ? [at] : []))
  let holding = 0
  for (const { values } of asked) {
    const login = { email, password: values.newPassword }
    if ((await sendForm(site.visitor(), '/login', login)).status === 303) holding += 1
  }
  assert.equal(holding, 1, `${made.length} were answered as made`)
})

test('[asvs 8.2.2] two people who interleave never see name, notice or token of the other', async () => {
  const pair = await Promise.all(['Quincequokka', 'Walnutwombat'].map(newcomer))
  const names = pair.map(({ name }) => name)
  const noticesOf = new Map<string, number>()
  const journey = async ({ client, name }: (typeof pair)[number]): Promise<readonly string[]> => {
    const tokens: string[] = []
    for (let round = 0; round < 25; round += 1) {
      const bio = `${name} ${round}`
      const saved = await sendForm(client, '/settings', { name, bio })
      assert.equal(saved.status, 303)
      const pages = ['/settings', '/', '/account/password', '/nowhere', '/posts/new']
      const shown = await Promise.all(pages.map((page) => look(client, page)))
      for (const { text, forms } of shown) {
        const others = names.filter((other) => other !== name && text.includes(other))
        assert.deepEqual(others, [], `${name} is shown ${others}`)
        if (text.includes('Your profile is saved.')) {
          noticesOf.set(name, (noticesOf.get(name) ?? 0) + 1)
        }
        tokens.push(...forms.map(({ values }) => values.get('formToken') ?? '').filter(Boolean))
      }
    }
    return tokens
  }
  const [first, second] = await Promise.all(pair.map(journey))
  assert.ok(first !== undefined && second !== undefined && first.length > 50)
  assert.deepEqual(
    first.filter((token) => second.includes(token)),
    [],
  )
  for (const name of names) assert.equal(noticesOf.get(name), 25, `each notice is shown once`)
  const [, other] = pair
  assert.ok(other !== undefined)
  const taken = { name: 'x', bio: '', formToken: first[0] ?? '' }
  assert.equal((await send(other.client, '/settings', taken)).status, 403)
})

async function newcomer(name: string) {
  const client = await site.signInAs('viewer')
  assert.equal((await sendForm(client, '/settings', { name, bio: '' })).status, 303)
  await look(client, '/settings')
  return { client, name }
}
