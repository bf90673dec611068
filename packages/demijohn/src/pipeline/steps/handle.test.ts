import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestReply } from '../../testing/client.ts'
import { noteProject } from '../../testing/projectFixture.ts'
import { type SignedInClient, type TestSite, testApp } from '../../testing/site.ts'

async function withSite(
  run: (site: TestSite, calls: ReturnType<typeof noteProject>['calls']) => Promise<void>,
): Promise<void> {
  const { project, calls } = noteProject()
  const site = await testApp(project)
  try {
    await run(site, calls)
  } finally {
    await site.close()
  }
}

const noticeOf = (reply: TestReply): string => /id="notice">([^<]*)</.exec(reply.text)?.[1] ?? '-'
const userOf = (reply: TestReply): string => /id="user">([^<]*)</.exec(reply.text)?.[1] ?? '-'
const valuesOf = (reply: TestReply) => reply.forms[0]?.values ?? new Map<string, string>()
const good = { title: 'A title', secret: 'wine' }

test('handle: the page of a form shows what stands there now', async () => {
  await withSite(async (site) => {
    const reply = await site.visitor().get('/note')
    assert.equal(reply.status, 200)
    assert.equal(valuesOf(reply).get('title'), 'as it is')
  })
})

test('handle: values that are good reach the handler, and are answered by a redirect', async () => {
  await withSite(async (site, calls) => {
    const reply = await site.visitor().post('/note', good)
    assert.equal(reply.status, 303)
    assert.equal(reply.location, '/')
    assert.deepEqual(calls.handled, ['A title'])
  })
})

test('[asvs 2.2.1] handle: a form with errors is shown again as 422, and the handler did not run', async () => {
  await withSite(async (site, calls) => {
    const typed = {
      title: 'x'.repeat(21),
      body: '<b>"kept" & safe</b>',
      secret: 'wine',
      agreed: 'on',
    }
    const reply = await site.visitor().post('/note', typed)
    assert.equal(reply.status, 422)
    const kept = valuesOf(reply)
    assert.equal(kept.get('title'), typed.title)
    assert.equal(kept.get('body'), typed.body)
    assert.equal(kept.get('agreed'), 'on')
    assert.equal(kept.get('secret'), '', 'a password is not sent back')
    assert.match(reply.header('cache-control') ?? '', /no-store/)
    assert.deepEqual(calls.handled, [])
    const line: Record<string, unknown> = JSON.parse(site.logLines.at(-1) ?? '')
    assert.deepEqual([line.status, line.refusal], [422, 'input.invalid'])
  })
})

test('handle: fail() shows the form again with its message, and what was typed', async () => {
  await withSite(async (site) => {
    const reply = await site.visitor().post('/note', { ...good, title: 'taken' })
    assert.equal(reply.status, 422)
    assert.ok(reply.text.includes('That title is taken.'))
    assert.equal(valuesOf(reply).get('title'), 'taken')
  })
})

test('handle: a form shown again can be sent again', async () => {
  await withSite(async (site) => {
    const visitor = site.visitor()
    const again = await visitor.post('/note', { ...good, title: 'taken' })
    const body = new URLSearchParams([...valuesOf(again), ['title', 'free'], ['secret', 'wine']])
    const unique = new URLSearchParams(Object.fromEntries(body))
    const reply = await visitor.send({
      method: 'POST',
      target: '/note',
      headers: {
        origin: site.origin,
        'sec-fetch-site': 'same-origin',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: unique.toString(),
    })
    assert.equal(reply.status, 303)
  })
})

test('handle: notFound() is a 404 like any other', async () => {
  await withSite(async (site) => {
    const reply = await site.visitor().post('/note', { ...good, title: 'hidden' })
    assert.equal(reply.status, 404)
  })
})

test('handle: a notice is shown once, on the next page that is looked at', async () => {
  await withSite(async (site) => {
    const editor = await site.signInAs('editor')
    const done = await editor.post('/note', good)
    const head = await editor.send({ method: 'HEAD', target: '/' })
    assert.equal(head.status, 200)
    assert.equal(noticeOf(await editor.follow(done)), 'Saved.')
    assert.equal(noticeOf(await editor.get('/')), '')
  })
})

test('handle: a notice waits behind a GET that redirects, that is refused or that breaks', async () => {
  await withSite(async (site) => {
    const editor = await site.signInAs('editor')
    await editor.post('/note', good)
    assert.equal((await editor.get('/moved')).status, 303)
    assert.equal((await editor.get('/nowhere')).status, 404)
    assert.equal((await editor.get('/fault/now')).status, 500)
    assert.equal(noticeOf(await editor.get('/private')), 'Saved.')
    assert.equal(noticeOf(await editor.get('/private')), '')
  })
})

test('handle: a notice is for the session that it was said to', async () => {
  await withSite(async (site) => {
    const editor = await site.signInAs('editor')
    const other = await site.signInAs('editor')
    await editor.post('/note', good)
    assert.equal(noticeOf(await other.get('/')), '')
    assert.equal(noticeOf(await site.visitor().get('/')), '')
    assert.equal(noticeOf(await editor.get('/')), 'Saved.')
  })
})

const cookieNames = (reply: TestReply): readonly string[] =>
  reply.headers('set-cookie').map((cookie) => cookie.split('=')[0] ?? '')

test('view: a visitor gets a cookie when a form is shown, and only then', async () => {
  await withSite(async (site) => {
    const visitor = site.visitor()
    assert.deepEqual(cookieNames(await visitor.get('/')), [])
    assert.deepEqual(cookieNames(await visitor.get('/nowhere')), [])
    assert.equal(cookieNames(await visitor.get('/note')).length, 1)
    assert.deepEqual(cookieNames(await visitor.get('/note')), [], 'the one that is there is kept')
  })
})

test('view: somebody who is signed in gets no visitor cookie', async () => {
  await withSite(async (site) => {
    const editor = await site.signInAs('editor')
    assert.deepEqual(cookieNames(await editor.get('/note')), [])
  })
})

test('[asvs 3.5.1] view: a token differs at each look, and belongs to one browser', async () => {
  await withSite(async (site, calls) => {
    const [one, other] = [site.visitor(), site.visitor()]
    const tokenOf = (reply: TestReply) => valuesOf(reply).get('formToken') ?? ''
    const first = tokenOf(await one.get('/note'))
    const second = tokenOf(await one.get('/note'))
    assert.ok(first.length > 40)
    assert.notEqual(first, second)
    await other.get('/note')
    const steal = (client: typeof one) =>
      client.send({
        method: 'POST',
        target: '/note',
        headers: {
          origin: site.origin,
          'sec-fetch-site': 'same-origin',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ ...good, body: '', formToken: first }).toString(),
      })
    assert.equal((await steal(other)).status, 403)
    assert.equal((await steal(await site.signInAs('editor'))).status, 403)
    assert.deepEqual(calls.handled, [])
    assert.equal((await steal(one)).status, 303)
  })
})

const sessionCookie = '__Host-session'
const pressButton = (client: SignedInClient | ReturnType<TestSite['visitor']>, what: string) =>
  client.post(`/session/${what}`, {}, { from: `/session/buttons/${what}` })

test('[asvs 7.2.4] session: signing in gives a new token, and the old one is over', async () => {
  await withSite(async (site) => {
    const editor = await site.signInAs('editor')
    const admin = await site.signInAs('admin')
    const before = editor.cookies.get(sessionCookie) ?? ''
    const reply = await editor.post('/session/become', { accountId: admin.accountId })
    const after = editor.cookies.get(sessionCookie) ?? ''
    assert.equal(reply.status, 303)
    assert.notEqual(after, before)
    assert.equal(userOf(await editor.get('/')), 'Admin 2')
    const copied = site.visitor()
    copied.cookies.set(sessionCookie, before)
    assert.equal(userOf(await copied.get('/')), '')
  })
})

test('[asvs 3.3.1] session: the cookie is __Host-, Secure, HttpOnly, SameSite=Lax, for the whole site', async () => {
  await withSite(async (site) => {
    const { accountId } = await site.signInAs('editor')
    const reply = await site.visitor().post('/session/become', { accountId })
    const cookie = reply.headers('set-cookie').find((one) => one.startsWith(`${sessionCookie}=`))
    const attributes = new Set((cookie ?? '').split('; ').slice(1))
    for (const attribute of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) {
      assert.ok(attributes.has(attribute), `${attribute} in ${cookie}`)
    }
    assert.equal(
      [...attributes].some((one) => one.startsWith('Domain')),
      false,
    )
  })
})

test('session: the notice of signing in belongs to the new session', async () => {
  await withSite(async (site) => {
    const { accountId } = await site.signInAs('editor')
    const visitor = site.visitor()
    await visitor.post('/session/become', { accountId })
    assert.equal(noticeOf(await visitor.get('/')), 'Welcome.')
  })
})

test('[asvs 7.4.1] session: signing out ends it on the server, for every copy of the cookie', async () => {
  await withSite(async (site) => {
    const editor = await site.signInAs('editor')
    const copied = site.visitor()
    copied.cookies.set(sessionCookie, editor.cookies.get(sessionCookie) ?? '')
    assert.equal(userOf(await copied.get('/')), 'Editor 1')
    const reply = await pressButton(editor, 'leave')
    assert.equal(editor.cookies.has(sessionCookie), false)
    assert.match(reply.header('clear-site-data') ?? '', /"cache"|"storage"/)
    assert.equal(userOf(await copied.get('/')), '')
    const events = site.logLines.map((line): Record<string, unknown> => JSON.parse(line))
    const ended = events.find((line) => line.event === 'session_logout')
    assert.equal(ended?.userId, editor.accountId)
  })
})

test('[asvs 7.4.3] session: ending the others leaves this one, under a new token', async () => {
  await withSite(async (site) => {
    const editor = await site.signInAs('editor')
    const elsewhere = site.visitor()
    await elsewhere.post('/session/become', { accountId: editor.accountId })
    const before = editor.cookies.get(sessionCookie)
    await pressButton(editor, 'end-others')
    assert.notEqual(editor.cookies.get(sessionCookie), before)
    assert.equal(userOf(await editor.get('/')), 'Editor 1')
    assert.equal(userOf(await elsewhere.get('/')), '')
  })
})

test('[asvs 7.4.2] session: ending all of an account ends this one too, and nobody else', async () => {
  await withSite(async (site) => {
    const editor = await site.signInAs('editor')
    const other = await site.signInAs('editor')
    await pressButton(editor, 'end-all')
    assert.equal(editor.cookies.has(sessionCookie), false)
    assert.equal((await editor.get('/private')).status, 303)
    assert.equal((await other.get('/private')).status, 200)
  })
})

test('[asvs 3.5.3] session: GET does not sign out, and a POST without a token does not either', async () => {
  await withSite(async (site, calls) => {
    const editor = await site.signInAs('editor')
    assert.equal((await editor.get('/session/leave')).status, 405)
    const bare = await editor.send({
      method: 'POST',
      target: '/session/leave',
      headers: {
        origin: site.origin,
        'sec-fetch-site': 'same-origin',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: '',
    })
    assert.equal(bare.status, 403)
    assert.deepEqual(calls.handled, [])
    assert.equal((await editor.get('/private')).status, 200)
  })
})
