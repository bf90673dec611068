/**
 * Script in every field of every form, stored and then shown to everybody, and in every query and
 * path, shown again at once: generated from the declared routes, read as a browser reads it.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { TestClient } from 'demijohn/testing'
import { parseXml, type XmlElement } from '../src/feed/xmlFixture.ts'
import { hostileTexts } from '../src/posts/postsFixture.ts'
import {
  askerFor,
  askFor,
  factorsOf,
  freshTarget,
  newAddress,
  routes,
  scriptsIn,
  sendWith,
} from './sweep.ts'
import { fillIn, look, openWorld, paramsOf, seats, type World } from './world.ts'

/** Found in the text of a page, it says that the page has shown what was sent. */
const marker = 'Zyzzyva'

const texts = [
  ...hostileTexts,
  '<ScRiPt src=//x></sCrIpT>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '"autofocus onfocus=alert(1) x="',
  "' style='x:expression(alert(1))",
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<base href="https://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
  '[x](<javascript:alert(1)>)',
  '[x](&#106;avascript:alert(1))',
  '[x](vbscript:alert(1)) ![x](data:image/svg+xml,<svg/onload=alert(1)>)',
  '`<img src=x onerror=alert(1)>`',
  '\uff1cscript\uff1ealert(1)\uff1c/script\uff1e',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
].map((text) => `${marker} ${text}`)

const world = await openWorld()
after(() => world.site.close())

test('script that did get through would be seen', () => {
  const seen = [
    '<p><script>a</script>',
    '<b onclick=a>',
    '<a href="java\nscript:a">',
    '<img src="data:text/html,a">',
    '<form action=" vbscript:a">',
    '<meta http-equiv=refresh content="0">',
    '<svg><a xlink:href="javascript:a">',
    '<p style="a:b">',
  ]
  for (const markup of seen) assert.notDeepEqual(scriptsIn(markup), [], markup)
  assert.deepEqual(scriptsIn('<p title="onclick=a"><a href="/javascript:">javascript:a</a>'), [])
})

const drawing = '<svg class="qr-code"><path fill="#000" d="M0 0h1v1H0z"/></svg>'
const codePage = (inside: string): string => `<div class="form-page">${inside}</div>`

test('of drawings, the one of the server passes, in its place alone', () => {
  const page = '/account/factors/totp'
  assert.deepEqual(scriptsIn(codePage(drawing), page), [])
  assert.deepEqual(scriptsIn(codePage(drawing), `${page}?next=%2F`), [])
  assert.deepEqual(scriptsIn(codePage(drawing), '/account/factors'), ['<svg>'])
  assert.deepEqual(scriptsIn(codePage(drawing + drawing), page), ['<svg>'])
  for (const other of [
    drawing,
    codePage(`<p>${drawing}</p>`),
    codePage('<svg></svg>'),
    codePage('<svg class="qr-code"><a href="/"></a></svg>'),
    codePage('<svg class="qr-code"><path fill="url(//x)" d="M0 0"/></svg>'),
    codePage('<svg class="qr-code"><path fill="#000" d="M0 0" id="x"/></svg>'),
    codePage('<svg class="qr-code"><path fill="#000" d="M0 0"><set /></path></svg>'),
    codePage('<svg class="qr-code">text</svg>'),
  ]) {
    assert.deepEqual(scriptsIn(other, page), ['<svg>'], other)
  }
  const handler = drawing.replace('>', ' onload="a">')
  assert.notDeepEqual(scriptsIn(codePage(handler), page), [])
})

test('of scripts, the two of passkeys pass, on their pages alone', () => {
  const data = '<script type="application/json">{"challenge": "a"}</script>'
  const src = '/static/demijohn/passkeys-0aB.js'
  const script = `<script type="module" src="${src}"></script>`
  const form = (inside: string): string => `<form class="passkey-form">${inside}</form>`
  assert.deepEqual(scriptsIn(form(data) + script, '/login'), [])
  assert.deepEqual(scriptsIn(form(data) + script, '/login/confirm/passkey'), [])
  assert.deepEqual(scriptsIn(form(data) + script, '/'), ['<script>', '<script>'])
  assert.deepEqual(scriptsIn(form(data + data) + script + script, '/login'), [
    '<script>',
    '<script>',
  ])
  for (const other of [
    data,
    form(data.replace('application/json', 'text/javascript')),
    form(data.replace('"a"}', '"a"')),
    form('<script type="application/json"></script>'),
    form('<script type="application/json" src="/x.js">{}</script>'),
    script.replace(src, '//x.example/passkeys-0aB.js'),
    script.replace(src, '/static/demijohn/passkeys.js/../../x.js'),
    script.replace('></', '>alert(1)</'),
  ]) {
    assert.deepEqual(scriptsIn(other, '/login'), ['<script>'], other)
  }
})

/** Every GET route, on every object that it can be about. */
function pagesOf({ objects }: World): readonly string[] {
  return routes
    .filter(({ method }) => method === 'GET')
    .flatMap(({ path }) =>
      path.includes(':')
        ? [...Object.keys(objects), 'self']
            .map((object) => paramsOf(world, object, 'editor'))
            .filter((params) =>
              [...path.matchAll(/:(\w+)/g)].every(([, name = '']) => name in params),
            )
            .map((params) => fillIn(path, params))
        : [path],
    )
}

/** Looks at a page as the client sees it, and counts the marks that it shows. */
async function inspect(client: TestClient, target: string, because: string): Promise<number> {
  const { text, status } = await look(client, target)
  assert.ok(status < 500, target)
  const shown = target.startsWith('/feed') ? entriesOf(parseXml(text)) : text
  assert.deepEqual(scriptsIn(shown, target), [], `${target}, ${because}`)
  return text.split(marker).length - 1
}

/** What a reader of the feed takes for markup, put together. */
function entriesOf(element: XmlElement): string {
  const isMarkup = element.attributes.get('type') === 'html'
  const addresses = [...element.attributes].filter(([name]) => name === 'href')
  for (const [, address] of addresses) assert.match(address, /^https:\/\/site\.example\//)
  return `${isMarkup ? element.text : ''}${element.children.map(entriesOf).join('')}`
}

const forms = routes.filter(({ fields }) => fields.length > 0)
const isFree = (field: string): boolean => /^(?:title|summary|body|name|bio)$/.test(field)

test('[asvs 1.2.1] what is sent in any field runs nothing where it is stored', async () => {
  const stored: string[] = []
  for (const route of forms) {
    // It takes an answer of a device; the name is stored as any is that is changed.
    if (route.route === 'POST /account/factors/passkeys') continue
    for (const field of route.fields.filter(isFree)) {
      for (const [index, text] of texts.entries()) {
        // Making an account takes a hash each time: a few of the texts will do.
        if (route.fields.includes('newPassword') && index > 2) continue
        // What a device is called is short.
        if (route.path.includes(':passkey') && text.length > 60) continue
        if (route.path === '/account/tokens/new' && text.length > 80) continue
        const email = newAddress()
        const values = { [field]: text, ...(route.fields.includes('email') ? { email } : {}) }
        const target = await freshTarget(world, route)
        const request = { route: route.route, target, values }
        const reply = await sendWith(world, await askerFor(world, route), request)
        // A token is shown in the answer that made it, and nowhere else.
        const good = route.path === '/account/tokens/new' ? [200] : [201, 303]
        assert.ok(good.includes(reply.status), `${route.route} ${field}=${text}`)
        assert.deepEqual(scriptsIn(reply.text, target), [], `${route.route} ${field}=${text}`)
        const shown = reply.location?.split('#')[0] ?? ''
        if (/^\/(?:posts\/[0-9a-f]|settings|account\/factors\/passkeys)/.test(shown)) {
          const marks = await inspect(world.people.editor, shown, text)
          assert.ok(marks > 0, `${shown} shows what was sent in ${field}`)
        }
        stored.push(text)
      }
    }
  }
  assert.ok(stored.length > 200)
})

test('[asvs 1.2.1] and in no page of the site, whoever looks', async () => {
  const author = world.people.editor.accountId
  const { half, pending } = await factorsOf(world)
  const pages = pagesOf(world)
  const ofAccounts = pages.filter((page) => /^\/(?:account|login)(?:\/|$)/.test(page))
  assert.ok(ofAccounts.length > 15)
  for (const text of texts) {
    await world.site.db
      .updateTable('demijohn_accounts')
      .set({ name: text })
      .where('id', '!=', world.people.admin.accountId)
      .execute()
    await world.site.tables
      .updateTable('posts')
      .set({ title: text, summary: text, body: text })
      .where('authorId', '=', author)
      .execute()
    await world.site.tables.updateTable('comments').set({ body: text }).execute()
    await world.site.tables.deleteFrom('profiles').execute()
    await world.site.tables
      .insertInto('profiles')
      .values({ accountId: author, bio: text })
      .execute()
    await world.site.db.updateTable('demijohn_passkeys').set({ name: text }).execute()
    await world.site.db.updateTable('demijohn_sessions').set({ userAgent: text }).execute()
    world.site.clock.advance(2_000)
    for (const seat of ['anonymous', 'editor', 'admin'] as const) {
      let marks = 0
      for (const page of pages) marks += await inspect(world.clients[seat], page, text)
      assert.ok(marks > 20, `${seat} has seen ${text} ${marks} times`)
    }
    for (const page of ofAccounts) {
      await inspect(half.client, page, text)
      await inspect(pending.client, page, text)
    }
    const { editor } = world.clients
    for (const page of ['/account', '/account/factors/passkeys']) {
      assert.ok((await inspect(editor, page, text)) > 0, `${page} has shown ${text}`)
    }
  }
})

test('[asvs 1.2.1] what a form refuses, it shows again as text', async () => {
  let again = 0
  for (const route of forms) {
    // A hash takes a while, and a password is never shown again.
    const isSlow = route.fields.some((field) => /password$/i.test(field))
    for (const text of isSlow ? texts.slice(0, 3) : texts) {
      const values = Object.fromEntries(route.fields.map((field) => [field, text]))
      const target = await freshTarget(world, route)
      const request = { route: route.route, target, values: { ...values, state: '' } }
      const sent = route.fields.includes('state') ? request : { ...request, values }
      const reply = await sendWith(world, await askerFor(world, route), sent)
      assert.ok(reply.status < 500, route.route)
      assert.deepEqual(scriptsIn(reply.text, target), [], `${route.route} with ${text}`)
      if (reply.status === 422 && reply.text.includes(marker)) again += 1
    }
  }
  assert.ok(again > texts.length * 3, `${again} forms were shown again`)
})

test('[asvs 1.2.1] in no query and no path does it run, on pages and on error pages', async () => {
  let shown = 0
  for (const route of routes) {
    const target = await freshTarget(world, route)
    // Signing in takes a hash each time: a few of the texts will do.
    const isSlow = route.method === 'POST' && route.fields.includes('password')
    for (const text of isSlow ? texts.slice(0, 3) : texts) {
      const value = encodeURIComponent(text)
      const asked = [
        ...[...route.query, 'unknown'].map((name) => `${target}?${name}=${value}`),
        `${target}?${value}`,
        `${target}/${value}`,
        ...route.params.map((name) => fillIn(route.path.replace(`:${name}`, value), {})),
      ]
      for (const one of asked) {
        const seat = seats[shown % seats.length] ?? 'anonymous'
        const client = route.path.startsWith('/admin') ? world.clients.admin : world.clients[seat]
        const reply =
          route.method === 'GET' ? await look(client, one) : await askFor(world, client, route, one)
        assert.ok(reply.status < 500, one)
        assert.deepEqual(scriptsIn(reply.text, one), [], one)
        assert.doesNotMatch(reply.location ?? '/', /^(?!\/(?!\/))/, `${one} leads elsewhere`)
        if (reply.text.includes(marker)) shown += 1
      }
    }
  }
  assert.ok(shown >= texts.length * 2, `${shown} pages have shown what was asked for`)
})
