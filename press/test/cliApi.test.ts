/** What the program for the terminal makes of answers. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { Problem, send } from '../cli/api.ts'

async function answering(t: TestContext, status: number, body: string): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'text/plain' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `http://127.0.0.1:${address.port}/`
}

const isProblem = (title: string, code: string) => (error: unknown) =>
  error instanceof Problem && error.message === title && error.code === code

test('cli: JSON is read, and nothing is nothing', async (t) => {
  assert.deepEqual(await send(await answering(t, 200, '{"a":1}'), {}), { a: 1 })
  assert.equal(await send(await answering(t, 204, ''), {}), undefined)
})

test('cli: a problem is told in the words of the site', async (t) => {
  const body = '{"title":"Wait a little.","code":"limit.exceeded"}'
  const url = await answering(t, 429, body)
  await assert.rejects(send(url, {}), isProblem('Wait a little.', 'limit.exceeded'))
})

for (const status of [200, 403, 502]) {
  test(`cli: a page in the place of JSON is told of, with ${status}`, async (t) => {
    const url = await answering(t, status, '<!doctype html><p>Bad Gateway')
    await assert.rejects(send(url, {}), isProblem(`The site answered ${status}`, ''))
  })
}
