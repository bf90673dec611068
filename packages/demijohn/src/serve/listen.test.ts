import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { WireRequest } from '../web/wire.ts'
import { get, ok, post, readAll, serve } from './listenFixture.ts'

const count = (text: string, part: RegExp): number => [...text.matchAll(part)].length

test('listen: an answer has its headers, its length, and the connection is kept', async (t) => {
  const { connect } = await serve(t, () => ok('häh'))
  const client = connect()
  client.write(get('/'))
  const text = await client.until(/h\u00c3\u00a4h$/)
  assert.match(text, /^HTTP\/1\.1 200 OK\r\nX-Full: set\r\nContent-Length: 4\r\n/)
  assert.doesNotMatch(text, /Connection: close|Server:|X-Powered-By/i)
  client.write(get('/'))
  await client.until(/(HTTP\/1\.1 200.*){2}/s)
})

test('listen: what the application is given is what was sent, byte for byte', async (t) => {
  const seen: WireRequest[] = []
  const { connect } = await serve(t, (wire) => {
    seen.push(wire)
    return ok()
  })
  const client = connect()
  client.write('GET //a/../b?c=%zz#d HTTP/1.1\r\nHost: x\r\nX-TwIcE: 1\r\nx-twice: 2\r\n\r\n')
  await client.until(/ok$/)
  assert.equal(seen[0]?.target, '//a/../b?c=%zz#d')
  assert.equal(seen[0]?.peerAddress, '127.0.0.1')
  assert.equal(seen[0]?.encrypted, false)
  assert.deepEqual(seen[0]?.rawHeaders, ['Host', 'x', 'X-TwIcE', '1', 'x-twice', '2'])
})

test('listen: HEAD has the length of the body and not the body', async (t) => {
  const { connect } = await serve(t, () => ok('twelve bytes'))
  const client = connect()
  client.write('HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const text = await client.closed()
  assert.match(text, /Content-Length: 12\r\n/)
  assert.ok(text.endsWith('\r\n\r\n'))
})

for (const status of [204, 304]) {
  test(`listen: ${status} has neither a length nor a body (RFC 9110 section 8.6)`, async (t) => {
    const { connect } = await serve(t, () => ({ status, headers: ['ETag', '"x"'], body: 'none' }))
    const client = connect()
    client.write(get('/', 'Connection: close'))
    const text = await client.closed()
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `))
    assert.doesNotMatch(text, /content-length|transfer-encoding|none/i)
  })
}

test('listen: pipelined requests are answered in order, each by its own', async (t) => {
  const { connect } = await serve(t, async ({ target }) => {
    // The first takes longest: order has to come from the connection, not from the work.
    await pause(target === '/1' ? 60 : 0)
    return ok(`<${target}>`)
  })
  const client = connect()
  client.write(get('/1') + get('/2') + get('/3', 'Connection: close'))
  const text = await client.closed()
  assert.deepEqual(text.match(/<\/\d>/g), ['</1>', '</2>', '</3>'])
})

test('listen: 100 Continue is sent when the body is read', async (t) => {
  const { connect } = await serve(t, async (wire) => ok(`read ${await readAll(wire)}`))
  const client = connect()
  client.write(post('Content-Length: 5', 'Expect: 100-continue'))
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  client.write('hello')
  assert.match(await client.until(/read 5$/), /HTTP\/1\.1 200/)
})

test('listen: no 100 Continue for a request that is refused, and the connection ends', async (t) => {
  const { connect } = await serve(t, () => ({ ...ok('no'), status: 403 }))
  const client = connect()
  client.write(post('Content-Length: 5', 'Expect: 100-continue'))
  const text = await client.closed()
  assert.match(text, /^HTTP\/1\.1 403 /)
  assert.doesNotMatch(text, /100 Continue/)
  assert.match(text, /Connection: close\r\n/)
})

test('listen: any other expectation is for the application to refuse, and never met', async (t) => {
  const { connect } = await serve(t, ({ rawHeaders }) => ({
    ...ok('no'),
    status: rawHeaders.includes('a-miracle') ? 417 : 200,
  }))
  const client = connect()
  client.write(post('Content-Length: 5', 'Expect: a-miracle'))
  const text = await client.closed()
  assert.match(text, /^HTTP\/1\.1 417 .*Connection: close\r\n/s)
  assert.doesNotMatch(text, /100 Continue/)
})

for (const framing of ['Content-Length: 50000000', 'Transfer-Encoding: chunked']) {
  test(`listen: 413 reaches a client that keeps sending (${framing})`, async (t) => {
    const { connect } = await serve(t, async (wire) => {
      const bytes = await readAll(wire, 100_000)
      return bytes > 100_000 ? { ...ok('too much'), status: 413 } : ok()
    })
    const client = connect()
    client.write(post(framing))
    const block = 'x'.repeat(16 * 1024)
    const chunk = framing.startsWith('T') ? `4000\r\n${block}\r\n` : block
    const sending = setInterval(() => client.write(chunk), 1)
    try {
      const text = await client.closed()
      assert.match(text, /^HTTP\/1\.1 413 /)
      assert.match(text, /X-Full: set\r\n/)
      assert.match(text, /Connection: close\r\n/)
      assert.ok(text.endsWith('too much'))
    } finally {
      clearInterval(sending)
    }
  })
}

test('listen: a short body that nobody read is dropped, and the connection is kept', async (t) => {
  const { connect } = await serve(t, ({ method }) => ok(`<${method}>`))
  const client = connect()
  client.write(`${post('Content-Length: 5')}hello${get('/')}`)
  const text = await client.until(/<GET>/)
  assert.deepEqual(text.match(/<\w+>/g), ['<POST>', '<GET>'])
})

const malformed: readonly (readonly [string, string, number])[] = [
  ['a line that is no request', 'nonsense\r\n\r\n', 400],
  ['a method that is none', 'G@T / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['a version that is none', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400],
  ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n', 400],
  ['a bare CR in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n', 400],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n', 400],
  ['a folded header', 'GET / HTTP/1.1\r\n Host: x\r\n\r\n', 400],
  ['two lengths', post('Content-Length: 1', 'Content-Length: 2'), 400],
  ['a length that is none', post('Content-Length: 1x'), 400],
  ['a negative length', post('Content-Length: -1'), 400],
  ['length and coding', post('Content-Length: 1', 'Transfer-Encoding: chunked'), 400],
  ['chunked not last', post('Transfer-Encoding: chunked, gzip'), 400],
  ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['headers over 16 KiB', get('/', `A: ${'a'.repeat(17 * 1024)}`), 431],
  ['a target over 16 KiB', get(`/${'a'.repeat(17 * 1024)}`), 431],
]
for (const [name, bytes, status] of malformed) {
  test(`[asvs 4.2.1] listen: ${name} is refused with ${status} and the full set of headers`, async (t) => {
    const handled: string[] = []
    const { connect, unparsable } = await serve(t, ({ target }) => {
      handled.push(target)
      return ok()
    })
    const client = connect()
    client.write(Buffer.from(bytes, 'latin1'))
    const text = await client.closed()
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} .*\\r\\nX-Full: set\\r\\n`))
    assert.match(text, /Connection: close\r\n/)
    assert.ok(text.endsWith(`\r\n\r\nrefused ${status}`))
    assert.deepEqual([handled, unparsable], [[], [status]])
  })
}

test('listen: a chunk that is malformed ends the connection, and only one answer was sent', async (t) => {
  const { connect } = await serve(t, async (wire) => ok(`read ${await readAll(wire)}`))
  const client = connect()
  client.write(`${post('Transfer-Encoding: chunked')}5\r\nhello\r\nZZ\r\n`)
  const text = await client.closed()
  assert.equal(count(text, /HTTP\/1\.1 /g), 1)
  assert.match(text, /^HTTP\/1\.1 400 /)
})

test('listen: nonsense behind a request that is at work is never its answer', async (t) => {
  const finish = Promise.withResolvers<void>()
  const { connect } = await serve(t, async () => {
    await finish.promise
    return ok('the answer')
  })
  const client = connect()
  client.write(`${get('/')}nonsense\r\n\r\n`)
  await pause(50)
  finish.resolve()
  const text = await client.closed()
  // Either the answer, or the end of the connection: a refusal here would be read as the answer.
  assert.doesNotMatch(text, /^HTTP\/1\.1 400/)
})

test('listen: nonsense behind a refusal that was sent adds no second one', async (t) => {
  const { connect } = await serve(t, () => ({ ...ok('no'), status: 403 }))
  const client = connect()
  client.write(post('Transfer-Encoding: chunked'))
  await client.until(/no$/)
  client.write('ZZ\r\nnonsense\r\n')
  const text = await client.closed()
  assert.equal(count(text, /HTTP\/1\.1 /g), 1)
  assert.match(text, /^HTTP\/1\.1 403 /)
})

const quick = {
  headersTimeoutMilliseconds: 150,
  requestTimeoutMilliseconds: 300,
  connectionsCheckingIntervalMilliseconds: 30,
  keepAliveTimeoutMilliseconds: 100,
}

test('listen: headers that take too long are answered with 408', async (t) => {
  const { connect, unparsable } = await serve(t, () => ok(), { limits: quick })
  const client = connect()
  client.write('GET / HTTP/1.1\r\nHost: x\r\n')
  const drip = setInterval(() => client.write('A: b\r\n'), 20)
  try {
    const text = await client.closed()
    assert.match(text, /^HTTP\/1\.1 408 .*\r\nX-Full: set\r\n/)
    assert.deepEqual(unparsable, [408])
  } finally {
    clearInterval(drip)
  }
})

test('listen: a connection that says nothing is closed', async (t) => {
  const { connect } = await serve(t, () => ok(), { limits: quick })
  const text = await connect().closed(2_000)
  assert.doesNotMatch(text, /200/)
})

test('listen: a body that takes too long ends the connection, and its reader', async (t) => {
  const ended = Promise.withResolvers<string>()
  const { connect } = await serve(
    t,
    async (wire) => {
      await readAll(wire).then(
        () => ended.resolve('read'),
        () => ended.resolve('cut off'),
      )
      return ok()
    },
    { limits: quick },
  )
  const client = connect()
  client.write(post('Content-Length: 100'))
  const drip = setInterval(() => client.write('x'), 50)
  try {
    await client.closed()
    assert.equal(await ended.promise, 'cut off')
  } finally {
    clearInterval(drip)
  }
})

test('listen: a client that leaves in the middle of a body leaves nothing behind', async (t) => {
  const ends: Promise<unknown>[] = []
  const { connect } = await serve(t, (wire) => {
    const reading = readAll(wire)
    ends.push(reading.catch((error: unknown) => error))
    return reading.then(() => ok())
  })
  for (let round = 0; round < 20; round += 1) {
    const client = connect()
    client.write(`${post('Content-Length: 1000')}only this`)
    while (ends.length === round) await pause(1)
    client.socket.destroy()
  }
  for (const end of await Promise.all(ends)) assert.ok(end instanceof Error)
  const after = connect()
  after.write(post('Content-Length: 0', 'Connection: close'))
  assert.match(await after.closed(), /^HTTP\/1\.1 200/)
})

test('listen: a client that leaves before the answer is no fault', async (t) => {
  const finish = Promise.withResolvers<void>()
  let handled = 0
  const { connect } = await serve(t, async () => {
    handled += 1
    await finish.promise
    return ok()
  })
  const client = connect()
  client.write(get('/'))
  while (handled === 0) await pause(1)
  client.socket.destroy()
  await client.closed()
  finish.resolve()
  await pause(20)
  assert.equal(handled, 1)
})

test('listen: should the application itself fail to answer, the connection is reset', async (t) => {
  const { connect } = await serve(t, async () => {
    throw new Error('not even a fault page')
  })
  const client = connect()
  client.write(get('/'))
  assert.equal(await client.closed(), '')
})

test('stop: what was taken on is finished, what is new is refused, what idles is closed', async (t) => {
  const finish = Promise.withResolvers<void>()
  const { connect, listening, stoppings } = await serve(
    t,
    async ({ target }) => {
      if (target === '/slow') await finish.promise
      return ok(`<${target}>`)
    },
    { stopWithinMilliseconds: 3_000 },
  )
  const [idle, busy, late] = [connect(), connect(), connect()]
  idle.write(get('/idle'))
  await idle.until(/<\/idle>/)
  busy.write(get('/slow'))
  late.write('GET /late HTTP/1.1\r\nHost: x\r\n')
  await pause(50)
  const stopped = listening.stop()
  await idle.closed(1_000)
  late.write('\r\n')
  assert.match(await late.closed(1_000), /^HTTP\/1\.1 503 .*Connection: close/s)
  assert.equal(busy.received(), '')
  finish.resolve()
  const text = await busy.closed(1_000)
  assert.match(text, /^HTTP\/1\.1 200 .*Connection: close\r\n.*<\/slow>$/s)
  await stopped
  assert.equal(stoppings(), 1)
  await assert.rejects(async () => {
    const refused = connect()
    refused.write(get('/'))
    await refused.until(/HTTP/)
  })
})

test('stop: it waits no longer than it was told to', async (t) => {
  const { connect, listening } = await serve(t, () => new Promise<never>(() => undefined), {
    stopWithinMilliseconds: 100,
  })
  const [stuck, mute] = [connect(), connect()]
  stuck.write(get('/'))
  mute.write('GET')
  await pause(30)
  await listening.stop()
  assert.equal(await stuck.closed(1_000), '')
  assert.equal(await mute.closed(1_000), '')
})

test('listen: a port that is taken rejects with the name of the error', async (t) => {
  const { listening } = await serve(t, () => ok())
  const { port } = listening.address
  await assert.rejects(
    serve(t, () => ok(), { port }),
    { code: 'EADDRINUSE', port },
  )
})
