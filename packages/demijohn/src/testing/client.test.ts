import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WireReply, WireRequest } from '../web/wire.ts'
import { testClient } from './client.ts'

const form =
  '<form method="post"><input name="formToken" value="t"><input name="a" value="1"></form>'

/** Answers each path with what is given for it, and keeps what was sent. */
function server(replies: Readonly<Record<string, Partial<WireReply>>>) {
  const sent: { wire: WireRequest; body: string }[] = []
  const handle = async (wire: WireRequest): Promise<WireReply> => {
    let body = ''
    for await (const chunk of wire.body) body += Buffer.from(chunk).toString('utf8')
    sent.push({ wire, body })
    return { status: 200, headers: [], body: '', ...replies[`${wire.method} ${wire.target}`] }
  }
  return { sent, client: testClient(handle, { origin: 'https://site.example' }) }
}

function headersOf(wire: WireRequest | undefined): Record<string, string> {
  const out: Record<string, string> = {}
  const raw = wire?.rawHeaders ?? []
  for (let at = 0; at + 1 < raw.length; at += 2) out[raw[at] ?? ''] = raw[at + 1] ?? ''
  return out
}

test('client: a look at a page is a navigation of the same origin', async () => {
  const { client, sent } = server({})
  await client.get('/')
  assert.deepEqual(headersOf(sent[0]?.wire), {
    host: 'site.example',
    accept: 'text/html',
    'sec-fetch-site': 'same-origin',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  })
  assert.equal(sent[0]?.wire.encrypted, true)
})

test('client: a post fills in the form of the page, token included, and says where it is from', async () => {
  const { client, sent } = server({ 'GET /f': { body: form } })
  await client.post('/f', { a: '2' })
  assert.equal(sent[1]?.body, 'formToken=t&a=2')
  const headers = headersOf(sent[1]?.wire)
  assert.equal(headers.origin, 'https://site.example')
  assert.equal(headers['content-type'], 'application/x-www-form-urlencoded')
  assert.equal(headers['content-length'], '15')
})

test('client: a page without the form, and a form without the field, are errors of the test', async () => {
  const { client } = server({ 'GET /f': { body: form }, 'GET /none': { status: 404 } })
  await assert.rejects(client.post('/none', {}), /answered 404 and has no POST form for \/none/)
  await assert.rejects(client.post('/f', { b: '1' }), /has no field b/)
})

test('client: cookies are kept, sent back, replaced and dropped', async () => {
  const { client, sent } = server({
    'GET /one': { headers: ['Set-Cookie', 'a=1; Path=/', 'set-cookie', 'b=x=y; Path=/'] },
    'GET /two': { headers: ['Set-Cookie', 'a=2; Path=/'] },
    'GET /three': { headers: ['Set-Cookie', 'a=; Path=/; Max-Age=0'] },
  })
  for (const path of ['/one', '/two', '/three', '/four']) await client.get(path)
  const cookies = sent.map(({ wire }) => headersOf(wire).cookie)
  assert.deepEqual(cookies, [undefined, 'a=1; b=x=y', 'a=2; b=x=y', 'b=x=y'])
})

test('client: follow goes where the redirect leads, and nowhere without one', async () => {
  const { client, sent } = server({ 'GET /a': { status: 303, headers: ['Location', '/b'] } })
  await client.follow(await client.get('/a'))
  assert.equal(sent[1]?.wire.target, '/b')
  await assert.rejects(async () => client.follow(await client.get('/c')), /nothing to follow/)
})

test('client: send adds nothing of its own but Host and cookies', async () => {
  const { client, sent } = server({})
  await client.send({ method: 'PUT', target: '/x', headers: { host: 'other.example' }, body: 'ä' })
  assert.deepEqual(headersOf(sent[0]?.wire), { host: 'other.example', 'content-length': '2' })
  assert.equal(sent[0]?.wire.method, 'PUT')
})

test('client: a reply gives every value of a header, whatever its case', async () => {
  const { client } = server({ 'GET /': { headers: ['Vary', 'a', 'VARY', 'b'] } })
  const reply = await client.get('/')
  assert.deepEqual(reply.headers('vary'), ['a', 'b'])
  assert.equal(reply.header('Vary'), 'a')
  assert.equal(reply.header('x'), undefined)
})
