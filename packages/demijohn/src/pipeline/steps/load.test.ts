/** Overload on its way through the pipeline: who goes first, who stays, and what slow bodies cost. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { noteProject } from '../../testing/projectFixture.ts'
import { type TestSite, testApp } from '../../testing/site.ts'

async function open(t: TestContext): Promise<TestSite & { readonly handled: readonly string[] }> {
  const { project, calls } = noteProject()
  const site = await testApp(project)
  t.after(site.close)
  return { ...site, handled: calls.handled }
}

const stranger = (site: TestSite, target: string, headers: Record<string, string> = {}) =>
  site.visitor().send({ target, headers })
const noteId = '019b7ddc-2a00-7000-8000-000000000001'

test('[asvs 2.4.1] [asvs 15.2.2] load: while the process is behind, strangers are refused and who is signed in is not', async (t) => {
  const site = await open(t)
  const admin = await site.signInAs('admin')
  site.app.strained(true)
  for (const target of ['/', `/notes/${noteId}`, '/nowhere', '/static/site.css']) {
    const reply = await stranger(site, target)
    assert.equal(reply.status, 503, target)
    assert.equal(reply.header('retry-after'), '5')
  }
  assert.deepEqual(site.handled, [])
  assert.equal((await admin.get(`/notes/${noteId}`)).status, 200)
  assert.equal((await admin.get('/private')).status, 200)
  site.app.strained(false)
  assert.equal((await stranger(site, '/')).status, 200)
})

const madeUp: Readonly<Record<string, string>> = {
  'a session of nobody': `__Host-session=${'A'.repeat(43)}`,
  'no session at all': '__Host-session=x',
  'a remembered browser of nobody': `__Host-remember=${'A'.repeat(43)}`,
  'another cookie': '__Host-visitor=x; session=x; a=b',
}
for (const [name, cookie] of Object.entries(madeUp)) {
  test(`[asvs 15.2.2] load: a cookie that is ${name} makes nobody somebody`, async (t) => {
    const site = await open(t)
    site.app.strained(true)
    assert.equal((await stranger(site, `/notes/${noteId}`, { cookie })).status, 503)
    assert.equal((await stranger(site, '/', { cookie })).status, 503)
    assert.deepEqual(site.handled, [])
  })
}

test('load: whether it is alive is answered throughout, and not once it stops', async (t) => {
  const site = await open(t)
  const health = () => stranger(site, '/health')
  assert.equal((await health()).text, 'ok\n')
  site.app.strained(true)
  const reply = await health()
  assert.equal(reply.status, 200)
  assert.equal(reply.header('cache-control'), 'no-store')
  assert.equal(reply.header('set-cookie'), undefined)
  site.app.stopping()
  assert.equal((await health()).status, 503)
})

/** A form that is sent and never ends. */
function neverEnding(site: TestSite, bytes: number, peerAddress: string) {
  const body = new Uint8Array(bytes).fill(97)
  const more = Promise.withResolvers<IteratorResult<Uint8Array>>()
  let given = false
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    if (given) return more.promise
    given = true
    return { done: false, value: body }
  }
  const type = 'application/x-www-form-urlencoded'
  const reply = site.app.handle({
    ...{ method: 'POST', target: '/note', httpVersion: '1.1', encrypted: true, peerAddress },
    rawHeaders: ['Host', 'site.example', 'Content-Type', type, 'Transfer-Encoding', 'chunked'],
    body: { [Symbol.asyncIterator]: () => ({ next }) },
  })
  return {
    reply: Promise.resolve(reply),
    end: () => more.resolve({ done: true, value: undefined }),
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('[asvs 15.2.2] load: two thousand bodies that trickle in leave the site to everybody else', async (t) => {
  const site = await open(t)
  const slow = Array.from({ length: 2_000 }, (_, at) =>
    neverEnding(site, 1, `100.64.${at >> 8}.${at & 255}`),
  )
  await turn()
  assert.equal((await stranger(site, '/')).status, 200)
  assert.equal(site.app.inFlight(), 0)
  for (const { end } of slow) end()
  for (const { reply } of slow) assert.equal((await reply).status, 403)
  assert.equal(site.app.inFlight(), 0)
})

test('[asvs 15.2.2] load: bodies that wait take no more memory than there is for them, one client its part', async (t) => {
  const site = await open(t)
  const admin = await site.signInAs('admin')
  const size = 256 * 1024
  const of = (client: string, count: number) =>
    Array.from({ length: count }, () => neverEnding(site, size, client))
  // 8 MiB of one client are 32 of the largest forms.
  const first = of('100.64.0.1', 33)
  assert.equal((await first[32]?.reply)?.status, 503)
  // 48 MiB of all strangers are six such clients.
  const others = [2, 3, 4, 5, 6].flatMap((number) => of(`100.64.0.${number}`, 32))
  await turn()
  const [late] = of('100.64.0.9', 1)
  assert.equal((await late?.reply)?.status, 503)
  // The rest is for people who are signed in.
  const saved = await admin.post('/note', { title: 'Kept', secret: 'x', agreed: 'on' })
  assert.equal(saved.status, 303)
  assert.equal(site.handled.length, 1)
  for (const { end } of [...first, ...others]) end()
  // They were read whole, and were no form.
  for (const { reply } of [...first.slice(0, 32), ...others]) {
    assert.equal((await reply).status, 413)
  }
  // All of it was given back.
  const [next] = of('100.64.0.9', 1)
  next?.end()
  assert.equal((await next?.reply)?.status, 413)
})
