import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { boundedFetch, mayAsk, Unreachable } from './fetch.ts'

const issuer = new URL('https://login.example/tenant')

test('fetch: the issuer and other public names over https are asked', () => {
  const fine = [
    'https://login.example/token',
    'https://keys.login.example/',
    'https://www.other.example:8443/keys',
  ]
  for (const one of fine) assert.ok(mayAsk(issuer, new URL(one)), one)
  assert.ok(mayAsk(new URL('https://10.0.0.1:8443/'), new URL('https://10.0.0.1:8443/token')))
})

/** Every way of writing a place of the inner network, as URL parses it. */
const inner = [
  ...['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', '0', '0.0.0.0', '10.0.0.1'],
  ...['169.254.169.254', '192.168.0.1', '172.16.0.1', '100.64.0.1', '8.8.8.8', '255.255.255.255'],
  ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[fe80::1]', '[fd00::1]', '[2001:db8::1]'],
  ...['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'printer.local', 'db.internal'],
  ...['metadata.google.internal', 'router.home.arpa', 'intranet', '\uff11\uff12\uff17.0.0.1'],
]

test('fetch: no place of the inner network is asked, however it is written', () => {
  for (const host of inner) {
    for (const scheme of ['https', 'http']) {
      const url = new URL(`${scheme}://${host}/latest/meta-data`)
      assert.equal(mayAsk(issuer, url), false, url.href)
    }
  }
})

test('fetch: neither another scheme, nor a name and password', () => {
  const all = ['http://keys.example/', 'ftp://keys.example/', 'file:///etc/passwd', 'data:,x']
  for (const one of [...all, 'https://a@login.example/', 'https://a:b@login.example/', 'blob:x']) {
    assert.equal(mayAsk(issuer, new URL(one)), false, one)
  }
})

test('fetch: for a provider on this machine, this machine', () => {
  const local = new URL('http://127.0.0.1:9000')
  assert.ok(mayAsk(local, new URL('http://localhost:9001/keys')))
  assert.equal(mayAsk(local, new URL('http://10.0.0.1/keys')), false)
  assert.equal(mayAsk(local, new URL('https://keys.example/')), false)
})

async function serve(t: TestContext, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `http://127.0.0.1:${address.port}/`
}

test('fetch: an answer is read up to 256 KiB, decoded, and no further', async (t) => {
  let length = 0
  let isPacked = false
  let closed = 0
  const server = createServer((_, response) => {
    const body = Buffer.alloc(length, 'x')
    response.on('close', () => {
      closed += 1
    })
    if (isPacked) response.setHeader('content-encoding', 'gzip')
    response.end(isPacked ? gzipSync(body) : body)
  })
  const at = await serve(t, server)
  const ask = boundedFetch(new URL(at))
  for (isPacked of [false, true]) {
    length = 256 * 1024
    assert.equal((await (await ask(at, {})).text()).length, length)
    length += 1
    await assert.rejects(ask(at, {}), /an answer over 256 KiB/)
    length = 50_000_000
    await assert.rejects(ask(at, {}), Unreachable)
  }
  assert.ok(closed >= 5)
})

test('fetch: a redirect is an answer, never followed', async (t) => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(302, { location: '/inner' })
    response.end()
  })
  const at = await serve(t, server)
  const reply = await boundedFetch(new URL(at))(at, { method: 'POST', body: 'a=b' })
  assert.equal(reply.status, 302)
  assert.deepEqual(asked, ['/'])
})

test('fetch: what fails there is told apart from what is refused', async (t) => {
  let status = 500
  const server = createServer((_, response) => {
    response.statusCode = status
    response.end('{}')
  })
  const at = await serve(t, server)
  const ask = boundedFetch(new URL(at))
  await assert.rejects(ask(at, {}), Unreachable)
  status = 400
  assert.equal((await ask(at, {})).status, 400)
  status = 204
  assert.equal((await ask(at, {})).status, 204)
  await assert.rejects(ask('http://127.0.0.1:1/', {}), Unreachable)
})

test('fetch: a provider that says nothing is given up', { timeout: 20_000 }, async (t) => {
  const server = createServer((_, response) => {
    response.write('{')
  })
  const at = await serve(t, server)
  await assert.rejects(boundedFetch(new URL(at))(at, {}), Unreachable)
})
