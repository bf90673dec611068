/** What reaches us through node:http: its own parser stands in front, and repairs some of this. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { isRefusal } from '../core/refusals.ts'
import { readHead } from './hygiene.ts'

const server = createServer((request, response) => {
  const { method = '', url = '', httpVersion, rawHeaders } = request
  const wire = { method, target: url, httpVersion, rawHeaders, peerAddress: '', encrypted: false }
  const head = readHead({ ...wire, body: request }, { hosts: new Set(['site.example']) })
  response.writeHead(isRefusal(head) ? head.status : 200, { Connection: 'close' })
  response.end(isRefusal(head) ? head.code : head.path)
})

before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
after(() => new Promise((resolve) => server.close(resolve)))

function isListening(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}

async function send(lines: readonly string[]): Promise<string> {
  const address = server.address()
  assert.ok(isListening(address))
  const socket = connect(address.port, '127.0.0.1')
  socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return text(socket)
}

const host = 'Host: site.example'
const close = 'Connection: close'

test('hygiene on the wire: an ordinary request is read', async () => {
  const answer = await send(['GET /%61?b HTTP/1.1', host, close])
  assert.match(answer, /^HTTP\/1\.1 200 /)
  assert.match(answer, /\/a\r\n/)
})

const refused = [
  { name: 'two Hosts', lines: ['GET / HTTP/1.1', host, 'Host: evil.example'] },
  { name: 'a foreign Host', lines: ['GET / HTTP/1.1', 'Host: evil.example'] },
  { name: 'no Host', lines: ['GET / HTTP/1.1'] },
  { name: 'HTTP/1.0', lines: ['GET / HTTP/1.0', host] },
  { name: 'absolute form', lines: ['GET http://site.example/ HTTP/1.1', host] },
  { name: 'asterisk form', lines: ['OPTIONS * HTTP/1.1', host] },
  { name: 'TRACE', lines: ['TRACE / HTTP/1.1', host] },
  {
    name: 'both framings',
    lines: ['POST / HTTP/1.1', host, 'Content-Length: 0', 'Transfer-Encoding: chunked'],
  },
  { name: 'Chunked', lines: ['POST / HTTP/1.1', host, 'Transfer-Encoding: Chunked', '', '0'] },
  {
    name: 'two lengths',
    lines: ['POST / HTTP/1.1', host, 'Content-Length: 0', 'Content-Length: 0'],
  },
  { name: 'two cookies', lines: ['GET / HTTP/1.1', host, 'Cookie: a=1', 'cookie: a=2'] },
  { name: 'two origins', lines: ['GET / HTTP/1.1', host, 'Origin: null', 'Origin: null'] },
  { name: 'NUL', lines: ['GET / HTTP/1.1', host, 'X-Own: a\0b'] },
  { name: 'an encoded slash', lines: ['GET /a%2Fb HTTP/1.1', host] },
  { name: 'dot segments', lines: ['GET /a/../b HTTP/1.1', host] },
  { name: 'doubled slashes', lines: ['GET //b HTTP/1.1', host] },
  { name: 'a folded header', lines: ['GET / HTTP/1.1', host, 'X-Own: a', ' b'] },
]

for (const { name, lines } of refused) {
  test(`hygiene on the wire: ${name} is refused`, async () => {
    const answer = await send([...lines.slice(0, 2), close, ...lines.slice(2)])
    assert.match(answer, /^HTTP\/1\.1 (?:400|405|421) /)
  })
}
