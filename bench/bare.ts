/** What there is to compare with: `node:http` writing the same headers and body, and nothing else. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const answer: { readonly headers: readonly string[]; readonly body: string } = JSON.parse(
  readFileSync(process.argv[2] ?? '', 'utf8'),
)
const headers = [...answer.headers, 'Content-Length', String(Buffer.byteLength(answer.body))]
// Encoded once: what is compared with does the least there is to do.
const body = Buffer.from(answer.body)
const server = createServer((_request, response) => {
  response.writeHead(200, headers)
  response.end(body)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address !== null) process.send?.({ port: address.port })
})
process.on('message', (message) => {
  if (message === 'cpu') process.send?.(process.cpuUsage())
})
process.on('disconnect', () => process.exit(0))
