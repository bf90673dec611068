import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noteProject } from '../../testing/projectFixture.ts'
import { type TestSite, testApp } from '../../testing/site.ts'

async function withSite(run: (site: TestSite) => Promise<void>): Promise<void> {
  const site = await testApp(noteProject().project)
  try {
    await run(site)
  } finally {
    await site.close()
  }
}

const from = (peerAddress: string, target = '/limited', headers = {}) => ({
  target,
  peerAddress,
  headers,
})

test('[asvs 2.4.1] limit: the third of two a minute is 429, and says when to come back', async () => {
  await withSite(async (site) => {
    const visitor = site.visitor()
    const statuses: number[] = []
    for (let count = 0; count < 3; count += 1) statuses.push((await visitor.get('/limited')).status)
    assert.deepEqual(statuses, [200, 200, 429])
    const refused = await visitor.get('/limited')
    const seconds = Number(refused.header('retry-after'))
    assert.ok(seconds >= 1 && seconds <= 30, String(seconds))
    assert.equal((await visitor.get('/')).status, 200, 'other routes are not limited by it')
    site.clock.advance(seconds * 1_000)
    assert.equal((await visitor.get('/limited')).status, 200)
  })
})

test('limit: no spelling, method or session gives a second allowance', async () => {
  await withSite(async (site) => {
    const visitor = site.visitor()
    const editor = await site.signInAs('editor')
    await visitor.get('/limited')
    await editor.get('/limited')
    for (const target of ['/limited', '/%6cimited', '/limited?']) {
      for (const method of ['GET', 'HEAD']) {
        const { status } = await visitor.send({ method, target })
        assert.equal(status, 429, `${method} ${target}`)
      }
    }
    assert.equal((await editor.get('/limited')).status, 429)
  })
})

test('limit: X-Forwarded-For of somebody who is no proxy of ours counts for nothing', async () => {
  await withSite(async (site) => {
    const visitor = site.visitor()
    const statuses: number[] = []
    for (let count = 0; count < 4; count += 1) {
      const headers = { 'x-forwarded-for': `203.0.113.${count}` }
      statuses.push((await visitor.send(from('192.0.2.1', '/limited', headers))).status)
    }
    assert.deepEqual(statuses, [200, 200, 429, 429])
  })
})

test('limit: the addresses of one IPv6 /64 share an allowance, another /64 has its own', async () => {
  await withSite(async (site) => {
    const visitor = site.visitor()
    const statuses: number[] = []
    for (let count = 1; count <= 3; count += 1) {
      statuses.push((await visitor.send(from(`2001:db8:0:1::${count}`))).status)
    }
    assert.deepEqual(statuses, [200, 200, 429])
    assert.equal((await visitor.send(from('2001:db8:0:2::1'))).status, 200)
    assert.equal((await visitor.send(from('192.0.2.7'))).status, 200)
  })
})

test('limit: comes before the session is looked up, so that a flood of cookies is only counted', async () => {
  await withSite(async (site) => {
    const visitor = site.visitor()
    for (let count = 0; count < 2; count += 1) await visitor.get('/limited')
    const reply = await visitor.send({
      target: '/limited',
      headers: { cookie: `__Host-session=${'A'.repeat(43)}` },
    })
    assert.equal(reply.status, 429)
    assert.deepEqual(reply.headers('set-cookie'), [], 'a dead session would have been cleared')
  })
})

test('screen: more at work than fits is refused with 503, and served again afterwards', async () => {
  await withSite(async (site) => {
    const visitor = site.visitor()
    const admin = await site.signInAs('admin')
    await admin.get('/')
    const waves = [
      { who: visitor, fit: 750 },
      { who: admin, fit: 1_000 },
    ]
    for (const { who, fit } of waves) {
      const replies = await Promise.all(
        // From an address each, for one alone would reach its limit first.
        Array.from({ length: 1_100 }, (_, at) =>
          who.send(from(`10.0.${at >> 8}.${at & 255}`, '/fault/later')),
        ),
      )
      const busy = replies.filter(({ status }) => status === 503)
      assert.equal(replies.filter(({ status }) => status === 500).length, fit)
      assert.equal(busy.length, 1_100 - fit)
      for (const reply of busy) assert.match(reply.header('retry-after') ?? '', /^\d+$/)
      assert.equal(site.app.inFlight(), 0)
      assert.equal((await visitor.get('/')).status, 200)
    }
  })
})

test('match: another spelling of a path is another path', async () => {
  await withSite(async (site) => {
    for (const target of ['/PRIVATE', '/private/', '/private;x', '/private%20', '/.private']) {
      const reply = await site.visitor().get(target)
      assert.ok(reply.status === 404 || reply.status === 400, `${target} ${reply.status}`)
    }
  })
})

test('match: a parameter that does not parse names a page that is not there', async () => {
  await withSite(async (site) => {
    const admin = await site.signInAs('admin')
    for (const id of ['1', '__proto__', 'constructor', '017F22E2-79B0-7CC3-98C4-DC0C0C07398F']) {
      assert.equal((await admin.get(`/notes/${id}`)).status, 404, id)
    }
    const good = '/notes/017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
    assert.equal((await admin.get(good)).status, 200)
  })
})
