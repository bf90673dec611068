/** Limits on their way through the pipeline: who is counted, what is told, and what fails how. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DemijohnTables } from '../../data/tables.ts'
import { html } from '../../html/template.ts'
import type { Project } from '../../serve/application.ts'
import { noteProject, roles } from '../../testing/projectFixture.ts'
import { type TestSite, testApp } from '../../testing/site.ts'
import { parseNetworks } from '../../web/client.ts'
import { redirect } from '../answer.ts'
import { kit } from '../kit.ts'

const { anyone, signedIn, blueprint } = kit<DemijohnTables>()({ roles })

function limited(): Project {
  const routes = blueprint('/limits')
  const view = () => html`<!doctype html><p>x</p>`
  routes.get('/several', { access: anyone, limit: ['5 per day', '2 per minute'] }, view)
  routes.get('/roomy', { access: anyone, limit: '400 per minute' }, view)
  routes.get('/daily', { access: anyone, limit: '1000 per day' }, view)
  routes.get(
    '/mine',
    { access: signedIn, limit: { allow: '2 per minute', keyedBy: 'account' } },
    view,
  )
  routes.get(
    '/either',
    { access: anyone, limit: { allow: '2 per minute', keyedBy: 'account' } },
    view,
  )
  routes.get(
    '/by/:name',
    {
      access: anyone,
      params: { name: anyText },
      limit: [
        '10 per minute',
        { allow: '2 per minute', keyedBy: ({ params }) => params.name ?? '' },
      ],
    },
    view,
  )
  routes.get(
    '/strict',
    { access: anyone, limit: { allow: '5 per minute', whenStoreFails: 'refuse' } },
    view,
  )
  routes.action('/write', {
    access: signedIn,
    limit: { allow: '2 per minute', keyedBy: 'account' },
    submit: () => redirect('/'),
  })
  const { project } = noteProject()
  return { ...project, blueprints: [...project.blueprints, routes] }
}

const anyText = {
  '~standard': { version: 1, vendor: 'demijohn', validate: (value: unknown) => ({ value }) },
} as const

async function withSite(
  run: (site: TestSite) => Promise<void>,
  changed: Partial<Project> = {},
): Promise<void> {
  // Who asks this often for what is not there would be banned before the limit is reached.
  const sentinel = { allowed: parseNetworks(['192.0.2.0/24']) }
  const site = await testApp({ ...limited(), ...changed }, { sentinel })
  try {
    await run(site)
  } finally {
    await site.close()
  }
}

/** The statuses of as many requests, each from the next of the addresses. */
async function statuses(
  site: TestSite,
  target: string,
  count: number,
  addresses: readonly string[] = ['192.0.2.1'],
): Promise<readonly number[]> {
  const found: number[] = []
  for (let at = 0; at < count; at += 1) {
    const peerAddress = addresses[at % addresses.length] ?? ''
    found.push((await site.visitor().send({ target, peerAddress })).status)
  }
  return found
}

const times = (status: number, count: number) => Array<number>(count).fill(status)

test('[asvs 2.4.1] limits: every route has one, of each client and for itself', async () => {
  await withSite(async (site) => {
    assert.deepEqual(await statuses(site, '/', 301), [...times(200, 300), 429])
    assert.deepEqual(await statuses(site, '/note', 1), [200])
    assert.deepEqual(await statuses(site, '/', 1, ['192.0.2.2']), [200])
    site.clock.advance(200)
    assert.deepEqual(await statuses(site, '/', 2), [200, 429])
  })
})

test('limits: the site says another number, and a route one in the place of it', async () => {
  const changed = { limits: { everyRoute: ['3 per minute', '100 per day'] } } as const
  await withSite(async (site) => {
    assert.deepEqual(await statuses(site, '/', 4), [...times(200, 3), 429])
    // Of the same window, so it stands instead; the day's limit stays beside it.
    assert.deepEqual(await statuses(site, '/limits/roomy', 101), [...times(200, 100), 429])
    // Of another window, so both hold.
    assert.deepEqual(await statuses(site, '/limits/daily', 4), [...times(200, 3), 429])
  }, changed)
})

test('[gap 25] limits: paths that no route has are counted together, whatever their spelling', async () => {
  await withSite(async (site) => {
    const found: number[] = []
    for (let at = 0; at < 125; at += 1) {
      found.push(...(await statuses(site, at % 2 === 0 ? `/wp-${at}.php` : '/NOTE', 1)))
    }
    assert.deepEqual(found, [...times(404, 120), ...times(429, 5)])
    assert.deepEqual(await statuses(site, '/note', 1), [200], 'what is there is still there')
    assert.deepEqual(await statuses(site, '/wp-login.php', 1, ['192.0.2.9']), [404])
    const other = { method: 'POST', target: '/limits/several', peerAddress: '192.0.2.1' }
    assert.equal((await site.visitor().send(other)).status, 429, '405 is one of them')
  })
})

test('[gap 23] limits: answers say what is left, refusals when to come back', async () => {
  await withSite(async (site) => {
    const get = () => site.visitor().get('/limits/several')
    const policy = '"5 per day";q=5;w=86400, "2 per minute";q=2;w=60'
    const first = await get()
    assert.equal(first.header('ratelimit-policy'), policy)
    assert.equal(first.header('ratelimit'), '"5 per day";r=4;t=17280, "2 per minute";r=1;t=30')
    await get()
    const refused = await get()
    assert.equal(refused.status, 429)
    assert.equal(refused.header('ratelimit'), '"5 per day";r=3;t=17280, "2 per minute";r=0;t=30')
    assert.equal(refused.header('ratelimit-policy'), policy)
    assert.equal(refused.header('retry-after'), '30')
    assert.match(refused.header('content-type') ?? '', /^text\/html/)
    assert.match(site.logLines.at(-1) ?? '', /"detail":"2 per minute"/)
    site.clock.advance(30_000)
    assert.equal(
      (await get()).header('ratelimit'),
      '"5 per day";r=2;t=17250, "2 per minute";r=0;t=30',
    )
  })
})

test('limits: a route without limits of its own says nothing, but in a refusal', async () => {
  await withSite(async (site) => {
    const reply = await site.visitor().get('/')
    assert.equal(reply.header('ratelimit'), undefined)
    await statuses(site, '/', 300)
    const refused = await site.visitor().send({ target: '/', peerAddress: '192.0.2.1' })
    assert.equal(refused.status, 429)
    assert.match(refused.header('ratelimit') ?? '', /^"300 per minute";r=0;t=1$/)
  })
})

test('limits: by account, wherever its sessions are, and nobody else', async () => {
  await withSite(async (site) => {
    const [first, second] = [await site.signInAs('editor'), await site.signInAs('editor')]
    const get = async (who: typeof first, peerAddress: string) =>
      (await who.send({ target: '/limits/mine', peerAddress })).status
    assert.equal(await get(first, '192.0.2.1'), 200)
    assert.equal(await get(first, '198.51.100.1'), 200)
    assert.equal(await get(first, '203.0.113.1'), 429)
    assert.equal(await get(second, '192.0.2.1'), 200)
    // Where nobody is signed in it is the client.
    assert.deepEqual(await statuses(site, '/limits/either', 3), [200, 200, 429])
    assert.deepEqual(await statuses(site, '/limits/either', 1, ['192.0.2.2']), [200])
  })
})

test('limits: another site cannot use up the allowance of an account', async () => {
  await withSite(async (site) => {
    const editor = await site.signInAs('editor')
    const forged = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
    for (let count = 0; count < 5; count += 1) {
      const reply = await editor.send({ method: 'POST', target: '/limits/write', headers: forged })
      assert.equal(reply.status, 403)
    }
    const own = { origin: site.origin }
    const statusOf = async () =>
      (await editor.send({ method: 'POST', target: '/limits/write', headers: own })).status
    assert.deepEqual([await statusOf(), await statusOf(), await statusOf()], [415, 415, 429])
  })
})

test('limits: by what a function makes of the parameters, whoever asks', async () => {
  await withSite(async (site) => {
    const clients = ['192.0.2.1', '198.51.100.1', '203.0.113.1']
    assert.deepEqual(await statuses(site, '/limits/by/ann', 3, clients), [200, 200, 429])
    assert.deepEqual(await statuses(site, '/limits/by/ben', 1), [200])
    // What was refused was charged to nobody: nine are left of the client's ten.
    for (let at = 0; at < 4; at += 1) {
      assert.deepEqual(await statuses(site, `/limits/by/c${at}`, 2), [200, 200])
    }
    assert.deepEqual(await statuses(site, '/limits/by/d', 1), [429])
  })
})

test('[gap 24] limits: of an IPv6 /64 one allowance', async () => {
  await withSite(async (site) => {
    const addresses = Array.from(
      { length: 50 },
      (_, at) => `2001:db8:0:1::${(at + 1).toString(16)}`,
    )
    const found = await statuses(site, '/limits/several', 50, addresses)
    assert.equal(found.filter((status) => status === 200).length, 2)
  })
})

test('[asvs 4.1.3] limits: no forged header makes a new client [gap 4, gap 16]', async () => {
  await withSite(async (site) => {
    const names = [
      'x-forwarded-for',
      'forwarded',
      'x-real-ip',
      'cf-connecting-ip',
      'true-client-ip',
    ]
    const found: number[] = []
    for (const [at, name] of names.entries()) {
      const headers = { [name]: name === 'forwarded' ? `for=203.0.113.${at}` : `203.0.113.${at}` }
      const reply = await site
        .visitor()
        .send({ target: '/limits/several', peerAddress: '192.0.2.1', headers })
      found.push(reply.status)
    }
    assert.deepEqual(found, [200, 200, 429, 429, 429])
  })
})
