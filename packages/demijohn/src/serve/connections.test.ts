/** How many connections one client may have; Linux answers on, and sends from, all of 127.0.0.0/8. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { parseNetworks } from '../web/client.ts'
import { get, ok, serve } from './listenFixture.ts'

const limits = { maxConnectionsPerClient: 3 }

/** Opens a connection and asks once: the status, or what became of it. */
async function ask(t: TestContext, port: number, localAddress: string) {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  t.after(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write(get('/'))
  const outcome = await new Promise<string>((resolve) => {
    socket.once('data', (bytes) => resolve(String(bytes).slice(9, 12)))
    socket.once('close', () => resolve('closed'))
  })
  return { socket, outcome }
}

async function close(socket: Socket): Promise<void> {
  const closed = once(socket, 'close')
  socket.end()
  await closed
}

test('[asvs 15.2.2] connections: one client has so many and no more, another has its own', async (t) => {
  const { listening } = await serve(t, () => ok(), { limits })
  const { port } = listening.address
  const outcomes: string[] = []
  const open: Socket[] = []
  for (let count = 0; count < 5; count += 1) {
    const { socket, outcome } = await ask(t, port, '127.0.1.1')
    outcomes.push(outcome)
    open.push(socket)
  }
  assert.deepEqual(outcomes, ['200', '200', '200', 'closed', 'closed'])
  assert.equal((await ask(t, port, '127.0.1.2')).outcome, '200')
  // One that ends makes room for another.
  await close(open[0] ?? assert.fail())
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal((await ask(t, port, '127.0.1.1')).outcome, '200')
  assert.equal((await ask(t, port, '127.0.1.1')).outcome, 'closed')
})

test('connections: a proxy may have any number', async (t) => {
  const unlimited = parseNetworks(['127.0.1.1'])
  const { listening } = await serve(t, () => ok(), { limits, unlimited })
  for (let count = 0; count < 10; count += 1) {
    assert.equal((await ask(t, listening.address.port, '127.0.1.1')).outcome, '200')
  }
})

test('[asvs 15.2.2] connections: in total there are so many and no more', async (t) => {
  const { listening } = await serve(t, () => ok(), { limits: { maxConnections: 4 } })
  const outcomes: string[] = []
  for (let count = 1; count <= 6; count += 1) {
    outcomes.push((await ask(t, listening.address.port, `127.0.1.${count}`)).outcome)
  }
  assert.deepEqual(outcomes, ['200', '200', '200', '200', 'closed', 'closed'])
})
