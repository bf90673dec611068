/** Delivery against a real SMTP server. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { content, openQueue, origin } from '../../src/mail/queueFixture.ts'
import { type Letter, runOnce } from '../../src/mail/worker.ts'
import { makeCertificate } from './certificateFixture.ts'
import { openServer, parsed, partsOf, transportTo } from './smtpFixture.ts'

const letter: Letter = {
  to: 'ada@reader.example',
  subject: 'Hello',
  text: 'One.\n',
  html: '<p>One.</p>',
  messageId: 'a-b-c@press.example',
  createdAt: Date.UTC(2026, 0, 2, 3, 4, 5),
}

test('smtp: both parts and the headers arrive, for one recipient', async (t) => {
  const { port, received } = await openServer(t)
  const { queue, worker } = await openQueue(t)
  const id = await queue.send({ ...content, subject: 'Ein neues Kennwort für Ada €' })
  assert.equal(await runOnce(worker(transportTo(t, { port }))), 1)
  assert.equal(received.length, 1)
  const [{ from, to, raw }] = received as [(typeof received)[number]]
  assert.equal(from, 'press@press.example')
  assert.deepEqual(to, ['ada@reader.example'])
  const { header, names } = parsed(raw)
  assert.deepEqual(names, [
    ...['auto-submitted', 'content-type', 'date', 'from', 'message-id'],
    ...['mime-version', 'subject', 'to'],
  ])
  assert.deepEqual(header('from'), ['Press <press@press.example>'])
  assert.deepEqual(header('to'), ['ada@reader.example'])
  assert.deepEqual(header('message-id'), [`<${id}@press.example>`])
  assert.deepEqual(header('auto-submitted'), ['auto-generated'])
  assert.equal(Date.parse(header('date')[0] ?? ''), Date.UTC(2026, 0, 1))
  assert.match(header('subject')[0] ?? '', /^[\x20-\x7e]+$/)
  assert.match(header('content-type')[0] ?? '', /^multipart\/alternative;/)
  const parts = partsOf(raw)
  assert.deepEqual([...parts.keys()], ['text/plain', 'text/html'])
  const link = `${origin}/reset/secret-of-the-link`
  assert.ok(parts.get('text/plain')?.includes(`\n${link}`.replace('\n', '\r\n')))
  assert.ok(parts.get('text/html')?.includes(`href="${link}"`))
})

test('smtp: a line that is a dot, and lines of any length, arrive as they are', async (t) => {
  const { port, received } = await openServer(t)
  const lines = ['.', '..', '.QUIT', 'x'.repeat(1500), 'From me', 'ä€𝄞', 'a=3D b']
  const text = `${lines.join('\n')}\n`
  assert.deepEqual(await transportTo(t, { port }).deliver({ ...letter, text }), {
    outcome: 'accepted',
  })
  const raw = received[0]?.raw ?? ''
  const arrived = partsOf(raw).get('text/plain')?.replaceAll('\r\n', '\n').trimEnd()
  assert.equal(arrived, text.trimEnd())
  for (const line of raw.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 998)
})

/** The queue refuses these; delivery is the second line, for rows that something else has written. */
const smuggled = ['\r\n', '\n', '\r', '\0', '\u2028', '\x85'].map(
  (end) => `${end}Bcc: eve@evil.example`,
)
for (const more of smuggled) {
  test(`[asvs 1.3.11] smtp: ${JSON.stringify(more)} is refused before a connection is made`, async (t) => {
    const { port, received } = await openServer(t)
    const transport = transportTo(t, { port })
    const unfit: readonly Partial<Letter>[] = [
      { subject: `Hello${more}` },
      { messageId: `a@press.example${more}` },
      { to: `ada@reader.example${more}` },
      { to: 'ada@reader.example, eve@evil.example' },
      { to: 'ada@reader.example,eve@evil.example' },
      { to: '<ada@reader.example> <eve@evil.example>' },
    ]
    for (const change of unfit) {
      const delivery = await transport.deliver({ ...letter, ...change })
      assert.deepEqual(delivery, { outcome: 'refused', problem: 'unfit' })
    }
    assert.deepEqual(received, [])
  })
}

test('smtp: a text that looks like a path or an address is text', async (t) => {
  const { port, received } = await openServer(t)
  const html = '<img src="file:///etc/passwd"><img src="http://127.0.0.1/x">'
  await transportTo(t, { port }).deliver({ ...letter, text: '/etc/passwd', html })
  assert.equal(
    partsOf(received[0]?.raw ?? '')
      .get('text/plain')
      ?.trim(),
    '/etc/passwd',
  )
  assert.deepEqual([...partsOf(received[0]?.raw ?? '').keys()], ['text/plain', 'text/html'])
})

const certificate = makeCertificate([127, 0, 0, 1])

/** Node's own list with one authority more, as NODE_EXTRA_CA_CERTS would make it. */
function trust(t: TestContext, authority: string): void {
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, authority])
  t.after(() => setDefaultCACertificates(before))
}

test('[asvs 12.3.1] smtp: STARTTLS is demanded: without it nothing is sent', async (t) => {
  const { port, received } = await openServer(t)
  const { queue, worker, clock, logLines } = await openQueue(t)
  await queue.send(content)
  const transport = transportTo(t, { port, tls: 'starttls' })
  assert.equal(await runOnce(worker(transport)), 0)
  assert.equal(received.length, 0)
  assert.match(logLines.join(''), /"problem":"ETLS/)
  const dueAt = (await queue.nextDueAt()) ?? 0
  assert.ok(dueAt > clock.now())
})

test('[asvs 12.3.1] smtp: with STARTTLS the mail and the password go over TLS', async (t) => {
  trust(t, certificate.cert)
  const seen: { user?: string | null | undefined; password?: string | null | undefined }[] = []
  const { port, received } = await openServer(t, {
    ...certificate,
    authOptional: false,
    disabledCommands: [],
    onAuth: ({ username, password }, session, done) => {
      assert.equal(session.secure, true)
      seen.push({ user: username, password })
      done(null, { user: username })
    },
  })
  const credentials = { user: 'press', password: () => 'p:ä%' }
  const transport = transportTo(t, { port, tls: 'starttls', credentials })
  assert.deepEqual(await transport.deliver(letter), { outcome: 'accepted' })
  assert.deepEqual(seen, [{ user: 'press', password: 'p:ä%' }])
  assert.equal(received[0]?.isEncrypted, true)
})

test('smtp: TLS from the first byte', async (t) => {
  trust(t, certificate.cert)
  const { port, received } = await openServer(t, { ...certificate, secure: true })
  const transport = transportTo(t, { port, tls: 'from-the-start' })
  assert.deepEqual(await transport.deliver(letter), { outcome: 'accepted' })
  assert.equal(received[0]?.isEncrypted, true)
})

for (const tls of ['starttls', 'from-the-start'] as const) {
  test(`[asvs 12.3.2] smtp: ${tls}: a certificate that nobody vouches for is refused`, async (t) => {
    const secure = tls === 'from-the-start'
    const { port, received } = await openServer(t, { ...certificate, secure, disabledCommands: [] })
    const delivery = await transportTo(t, { port, tls }).deliver(letter)
    assert.equal(delivery.outcome, 'failed')
    assert.equal(received.length, 0)
  })

  test(`[asvs 12.3.2] smtp: ${tls}: a certificate for another name is refused`, async (t) => {
    const other = makeCertificate([127, 0, 0, 9])
    trust(t, other.cert)
    const secure = tls === 'from-the-start'
    const { port, received } = await openServer(t, { ...other, secure, disabledCommands: [] })
    const delivery = await transportTo(t, { port, tls }).deliver(letter)
    assert.equal(delivery.outcome, 'failed')
    assert.equal(received.length, 0)
  })
}

function smtpError(responseCode: number): Error {
  return Object.assign(new Error('not now'), { responseCode })
}

test('smtp: 4yz is tried again, and then sent', async (t) => {
  const state = { isReady: false }
  const { port, received } = await openServer(t, {
    onRcptTo: (_address, _session, done) => done(state.isReady ? null : smtpError(451)),
  })
  const { queue, worker, clock } = await openQueue(t)
  await queue.send(content)
  const deps = worker(transportTo(t, { port }))
  await runOnce(deps)
  const dueAt = (await queue.nextDueAt()) ?? 0
  assert.ok(dueAt - clock.now() >= 15_000 && dueAt - clock.now() <= 30_000)
  state.isReady = true
  assert.equal(await runOnce(deps), 0)
  clock.advance(30_000)
  assert.equal(await runOnce(deps), 1)
  assert.equal(received.length, 1)
})

test('smtp: 5yz about the recipient is the end, and the next mail goes', async (t) => {
  const { port, received } = await openServer(t, {
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith('nobody') ? smtpError(550) : null),
  })
  const { queue, worker } = await openQueue(t)
  const id = await queue.send({ ...content, to: 'nobody@reader.example' })
  await queue.send(content)
  assert.equal(await runOnce(worker(transportTo(t, { port }))), 1)
  assert.notEqual((await queue.read(id))?.givenUpAt, null)
  assert.deepEqual(received[0]?.to, [content.to])
})

test('smtp: 5yz about the content is the end', async (t) => {
  const { port } = await openServer(t, {
    onData: (stream, _session, done) => {
      stream.resume()
      stream.on('end', () => done(smtpError(554)))
    },
  })
  const delivery = await transportTo(t, { port }).deliver(letter)
  assert.deepEqual(delivery, { outcome: 'refused', problem: 'EMESSAGE 554' })
})

test('smtp: what is wrong with the settings is no reason to give a mail up', async (t) => {
  const wrongSender = await openServer(t, {
    onMailFrom: (_address, _session, done) => done(smtpError(550)),
  })
  const wrongPassword = await openServer(t, {
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => done(smtpError(535)),
  })
  const credentials = { user: 'press', password: () => 'wrong' }
  for (const server of [{ port: wrongSender.port }, { port: wrongPassword.port, credentials }]) {
    const delivery = await transportTo(t, server).deliver(letter)
    assert.ok(delivery.outcome === 'failed' && !delivery.isAboutThisMail)
    assert.doesNotMatch(delivery.problem, /not now|wrong|press/)
  }
})

test('smtp: a server that was down gets the mail when it is up again', async (t) => {
  const first = await openServer(t)
  await first.close()
  const { queue, worker, clock } = await openQueue(t)
  await queue.send(content)
  const deps = worker(transportTo(t, { port: first.port }))
  assert.equal(await runOnce(deps), 0)
  const { received } = await openServer(t, {}, first.port)
  clock.advance(30_000)
  assert.equal(await runOnce(deps), 1)
  assert.equal(received.length, 1)
})

test('smtp: a server that hangs up in the middle is tried again', async (t) => {
  const { port } = await openServer(t, {
    onData: (_stream, session, done) => {
      done(Object.assign(new Error('closing'), { responseCode: 421 }))
      assert.ok(session.id !== '')
    },
  })
  const delivery = await transportTo(t, { port }).deliver(letter)
  assert.ok(delivery.outcome === 'failed' && !delivery.isAboutThisMail)
})
