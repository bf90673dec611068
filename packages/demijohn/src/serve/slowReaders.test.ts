/** Clients that take their answer slowly, or never: what they may hold, and what a stop owes them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { get, ok, post, serve } from './listenFixture.ts'

/** More than the buffers of both kernels take, so that bytes wait in the process. */
const large = Buffer.alloc(24 * 1024 * 1024, 'x')
const limits = { writeTimeoutMilliseconds: 200, lingerMilliseconds: 50 }

/** Waits for what has to come. The bound is for what never comes, or the run would not end. */
async function eventually(holds: () => boolean): Promise<void> {
  for (let round = 0; round < 4_000; round += 1) {
    if (holds()) return
    await pause(5)
  }
  assert.fail('it never came to that')
}

const bodyOf = (received: string): string => received.slice(received.indexOf('\r\n\r\n') + 4)

test('listen: a client that never reads its answer is cut off', async (t) => {
  const { connect, listening } = await serve(t, () => ok(large), { limits })
  const client = connect()
  client.socket.pause()
  client.write(get('/'))
  await eventually(() => listening.leaving() === 1)
  await eventually(() => listening.leaving() === 0)
  client.socket.resume()
  assert.ok((await client.closed(15_000)).length < large.length)
})

test('listen: nor does it help to go on asking meanwhile', async (t) => {
  const { connect, listening } = await serve(t, () => ok(large), { limits })
  const client = connect()
  client.socket.pause()
  client.write(get('/'))
  await eventually(() => listening.leaving() > 0)
  client.write('GET / HTTP/1.1\r\nHost: x\r\n')
  const asking = setInterval(() => client.write('A: b\r\n'), 10)
  t.after(() => clearInterval(asking))
  await eventually(() => listening.leaving() === 0)
})

test('listen: small answers that nobody reads are bounded too', async (t) => {
  const page = Buffer.alloc(60_000, 'x')
  const { connect, listening } = await serve(t, () => ok(page), { limits })
  const client = connect()
  client.socket.pause()
  client.write(get('/').repeat(1_000))
  await eventually(() => listening.leaving() > 0)
  await eventually(() => listening.leaving() === 0)
})

test('listen: a refusal that nobody reads ends too', async (t) => {
  const { connect, listening } = await serve(t, () => ({ ...ok(large), status: 413 }), { limits })
  const client = connect()
  client.socket.pause()
  client.write(post('Transfer-Encoding: chunked'))
  await eventually(() => listening.leaving() === 1)
  await eventually(() => listening.leaving() === 0)
})

test('listen: who takes a large answer slowly but steadily gets all of it', {
  timeout: 60_000,
}, async (t) => {
  const { connect } = await serve(t, () => ok(large), {
    limits: { ...limits, writeTimeoutMilliseconds: 5_000 },
  })
  const client = connect()
  client.write(get('/', 'Connection: close'))
  let taking = true
  client.socket.on('data', () => {
    if (!taking) return
    client.socket.pause()
    setTimeout(() => client.socket.resume(), 2)
  })
  await pause(300)
  taking = false
  client.socket.resume()
  assert.equal(bodyOf(await client.closed(50_000)).length, large.length)
})

test('listen: an answer behind one that is still being made is not cut off', async (t) => {
  const finish = Promise.withResolvers<void>()
  const { connect } = await serve(
    t,
    async ({ target }) => {
      if (target === '/slow') await finish.promise
      return ok(`<${target}>`)
    },
    { limits },
  )
  const client = connect()
  client.write(get('/slow') + get('/quick'))
  await pause(700)
  finish.resolve()
  await client.until(/<\/slow>.*<\/quick>/s)
})

test('listen: who sends nonsense and stays is not kept', { timeout: 10_000 }, async (t) => {
  const { connect, listening } = await serve(t, () => ok(), {
    limits,
    stopWithinMilliseconds: 60_000,
  })
  const client = connect()
  client.socket.allowHalfOpen = true
  client.write('nonsense\r\n\r\n')
  await client.until(/refused 400$/)
  // A stop waits for every connection that is left.
  await listening.stop()
})

test('listen: how much of a body is dropped is what the limits say', async (t) => {
  const { connect } = await serve(t, () => ok(), { limits: { maxDroppedBodyBytes: 4 } })
  const [short, long] = [connect(), connect()]
  short.write(`${post('Content-Length: 4')}1234`)
  long.write(post('Content-Length: 5'))
  assert.doesNotMatch(await short.until(/ok$/), /Connection: close/)
  assert.match(await long.until(/ok$/), /Connection: close/)
})

test('listen: how long a closing connection is read from is what the limits say', async (t) => {
  const { connect } = await serve(t, () => ok(), {
    limits: { maxDroppedBodyBytes: 0, lingerMilliseconds: 60_000 },
    stopWithinMilliseconds: 50,
  })
  const client = connect()
  client.write(post('Content-Length: 5'))
  await client.until(/ok$/)
  // Longer than it would be by default.
  await assert.rejects(client.closed(1_500), /no end in time/)
})

for (const bytes of [50_000, large.length]) {
  test(`stop: an answer of ${bytes} bytes that is being read is not torn off`, {
    timeout: 30_000,
  }, async (t) => {
    const { connect, listening } = await serve(t, () => ok(large.subarray(0, bytes)), {
      stopWithinMilliseconds: 20_000,
    })
    const client = connect()
    client.socket.pause()
    const asked = bytes < 64 * 1024 ? 400 : 1
    client.write(get('/').repeat(asked))
    await eventually(() => listening.leaving() > 0)
    const stopped = listening.stop()
    await pause(50)
    assert.ok(listening.leaving() > 0, 'it is still owed')
    client.socket.resume()
    const received = await client.closed(20_000)
    await stopped
    assert.equal(listening.leaving(), 0)
    // Whatever was answered with 200 is there in full, up to the last.
    const answers = received.split('HTTP/1.1 ').slice(1)
    for (const [at, answer] of answers.entries()) {
      const length = Number(/Content-Length: (\d+)/.exec(answer)?.[1])
      assert.equal(bodyOf(answer).length, length, `answer ${at + 1} of ${answers.length}`)
    }
    assert.ok(answers.length >= 1)
  })
}

test('listen: an answer that the kernel takes at once is not watched, and costs no timer', async (t) => {
  const seen: number[] = []
  const server = await serve(t, () => {
    // Between the answer, given right after this returns, and the event that it has left.
    process.nextTick(() => seen.push(server.listening.leaving()))
    return ok(Buffer.alloc(12_000, 'x'))
  })
  const client = server.connect()
  for (let round = 1; round <= 5; round += 1) {
    client.write(get('/'))
    await eventually(() => client.received().length > round * 12_000)
  }
  assert.deepEqual(seen, [0, 0, 0, 0, 0])
})

test('stop: a client that reads nothing delays it no longer than it was told to', async (t) => {
  const { connect, listening } = await serve(t, () => ok(large), { stopWithinMilliseconds: 100 })
  const client = connect()
  client.socket.pause()
  client.write(get('/'))
  await eventually(() => listening.leaving() === 1)
  await listening.stop()
  assert.equal(listening.leaving(), 0)
})

test('stop: while an answer leaves, nobody else is let in', async (t) => {
  const { connect, listening } = await serve(t, () => ok(large), { stopWithinMilliseconds: 2_000 })
  const client = connect()
  client.socket.pause()
  client.write(get('/'))
  await eventually(() => listening.leaving() === 1)
  const stopped = listening.stop()
  const late = connect()
  late.write(get('/'))
  assert.equal(await late.closed(), '')
  await stopped
})
