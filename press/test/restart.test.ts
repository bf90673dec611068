/**
 * Press from start to start: what a first start prints and a second does not, what is still there
 * after an orderly end, and that what was acknowledged is there after none.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Browser, type Running, startPress } from './process.ts'

const folder = mkdtempSync(join(tmpdir(), 'press-restart-'))
const database = join(folder, 'press.db')
let press: Running | undefined
after(async () => {
  await press?.end('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

type Account = { readonly role: string; readonly email: string; readonly password: string }

/** Lines of a role, an address and a password, as a person at the terminal reads them. */
function accountsIn(printed: string): readonly Account[] {
  const lines = printed.matchAll(/^ {2}(\w+) +(\S+@\S+) +(\S+)$/gm)
  return [...lines].map(([, role = '', email = '', password = '']) => ({ role, email, password }))
}

async function signIn(port: number, { email, password }: Account): Promise<Browser> {
  const browser = new Browser(port)
  const reply = await browser.post('/login', { email, password })
  assert.equal(reply.status, 303, `${email} signs in`)
  return browser
}

const post = { title: 'Before the night', summary: '', body: 'Text.', state: 'published' }

test('the first start prints the way in, and the second keeps everything', async () => {
  press = await startPress(database)
  const accounts = accountsIn(press.printed)
  assert.deepEqual(accounts.map(({ role }) => role).sort(), ['admin', 'editor', 'member', 'viewer'])
  assert.equal(new Set(accounts.map(({ password }) => password)).size, 4)
  const browsers = new Map<string, Browser>()
  for (const account of accounts) browsers.set(account.role, await signIn(press.port, account))
  assert.equal((await browsers.get('admin')?.get('/admin/people'))?.status, 200)
  assert.equal((await browsers.get('editor')?.get('/admin/people'))?.status, 403)
  assert.equal((await browsers.get('member')?.get('/posts/new'))?.status, 403)
  const written = await browsers.get('editor')?.post('/posts/new', post)
  assert.equal(written?.status, 303)

  const first = await press.end('SIGTERM')
  assert.deepEqual([first.code, first.signal], [0, null])
  for (const { password } of accounts) {
    assert.equal(
      first.output.split(password).length,
      2,
      'a password is printed once, and not logged',
    )
  }

  press = await startPress(database)
  assert.deepEqual(accountsIn(press.printed), [])
  const editor = new Browser(press.port, browsers.get('editor')?.cookies)
  const mine = await editor.get('/posts/mine')
  assert.equal(mine.status, 200, 'who was signed in is signed in')
  assert.ok(mine.text.includes(post.title))
  assert.equal((await editor.get(written?.location ?? '')).status, 200)
  assert.equal((await new Browser(press.port).get('/posts/mine')).status, 303)
  for (const account of accounts) await signIn(press.port, account)
  const second = await press.end('SIGTERM')
  for (const { password } of accounts) assert.ok(!second.output.includes(password))
})

test('[asvs 8.3.1] HEAD sends the head of a page and none of its bytes', async () => {
  press = await startPress(database)
  const { port } = press
  for (const path of ['/', '/login', '/feed.xml', '/search?q=type', '/posts/mine', '/nowhere']) {
    const head = await raw(port, `HEAD ${path}`)
    const whole = await raw(port, `GET ${path}`)
    const [, ...body] = head.split('\r\n\r\n')
    assert.equal(body.join(''), '', path)
    assert.equal(head.split('\r\n')[0], whole.split('\r\n')[0], path)
  }
  await press.end('SIGTERM')
})

function raw(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
    socket.write(`${line} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`)
  })
}

test('kill -9 while posts are written: what was acknowledged is there', async (t) => {
  const path = join(folder, 'killed.db')
  press = await startPress(path)
  const editor = accountsIn(press.printed).find(({ role }) => role === 'editor')
  assert.ok(editor !== undefined)
  let cookies = (await signIn(press.port, editor)).cookies
  const acknowledged: string[] = []
  for (let round = 0; round < 4; round += 1) {
    const browser = new Browser(press.port, cookies)
    const formToken = await browser.token('/posts/new')
    // The kill comes after so many acknowledgements: at the start, in the middle, near the end.
    const enough = acknowledged.length + 1 + round * 12
    const { promise: time, resolve: isTime } = Promise.withResolvers<void>()
    const writing = Array.from({ length: 50 }, async (_, at) => {
      const title = `Round ${round}, post ${at}`
      const reply = await browser.post('/posts/new', { ...post, title, formToken })
      if (reply.status === 303) acknowledged.push(reply.location)
      if (acknowledged.length >= enough) isTime()
      return reply.status
    })
    await Promise.race([time, Promise.all(writing)])
    assert.equal((await press.end('SIGKILL')).signal, 'SIGKILL')
    const statuses = (await Promise.allSettled(writing)).flatMap((one) =>
      one.status === 'fulfilled' ? [one.value] : [],
    )
    assert.ok(
      statuses.every((status) => status === 303 || status === 429),
      statuses.join(),
    )
    press = await startPress(path)
    assert.deepEqual(accountsIn(press.printed), [])
    const reader = new Browser(press.port, cookies)
    for (const location of acknowledged) {
      assert.equal((await reader.get(location)).status, 200, `round ${round}: ${location}`)
    }
    cookies = reader.cookies
  }
  assert.ok(acknowledged.length >= 1 + 13 + 25 + 37)
  t.diagnostic(`${acknowledged.length} posts were acknowledged`)
})
