import assert from 'node:assert/strict'
import { test } from 'node:test'
import { html } from '../html/template.ts'
import { MailProblem } from './message.ts'
import { createMailQueue, keepMailsDays } from './queue.ts'
import { content, openQueue, origin, signature, start } from './queueFixture.ts'

test('queue: a mail stands or falls with the transaction that queued it', async (t) => {
  const { db, queue } = await openQueue(t)
  const undone = db.transaction().execute(async (transaction) => {
    await queue.send(content, transaction)
    throw new RangeError('undone')
  })
  await assert.rejects(undone, RangeError)
  assert.equal(await queue.claim(), undefined)
  await db.transaction().execute((transaction) => queue.send(content, transaction))
  assert.equal((await queue.claim())?.to, content.to)
})

test('queue: while it waits, nothing of its body can be read from the database', async (t) => {
  const { db, queue } = await openQueue(t)
  await queue.send(content)
  const rows = JSON.stringify(await db.selectFrom('demijohn_mails').selectAll().execute())
  assert.doesNotMatch(rows, /secret-of-the-link|Hello Ada|reset/)
  assert.match((await queue.claim())?.body?.text ?? '', /\/reset\/secret-of-the-link\n/)
})

test('queue: the body is erased once the mail was sent or given up', async (t) => {
  const { db, queue, clock } = await openQueue(t)
  await queue.send(content)
  await queue.send(content)
  const [sent, lost] = [await queue.claim(), await queue.claim()]
  assert.ok(sent !== undefined && lost !== undefined)
  clock.advance(5)
  await queue.markSent(sent)
  await queue.giveUp(lost, 'EENVELOPE 550')
  const rows = await db
    .selectFrom('demijohn_mails')
    .select(['id', 'body', 'dueAt', 'sentAt', 'givenUpAt', 'problem'])
    .orderBy('id')
    .execute()
  const over = { body: null, dueAt: null }
  assert.deepEqual(
    new Set(rows.map((row) => ({ ...row }))),
    new Set([
      { id: sent.id, ...over, sentAt: start + 5, givenUpAt: null, problem: null },
      { id: lost.id, ...over, sentAt: null, givenUpAt: start + 5, problem: 'EENVELOPE 550' },
    ]),
  )
  assert.equal((await queue.read(sent.id))?.body, undefined)
  assert.equal(await queue.nextDueAt(), undefined)
})

test('queue: a mail that somebody holds is nobody else’s, until the lease runs out', async (t) => {
  const { queue, clock } = await openQueue(t)
  await queue.send(content)
  const first = await queue.claim()
  assert.equal(first?.attempt, 1)
  assert.equal(await queue.claim(), undefined)
  clock.advance(119_999)
  assert.equal(await queue.claim(), undefined)
  clock.advance(1)
  const second = await queue.claim()
  assert.equal(second?.attempt, 2)
  assert.equal(second?.messageId, first?.messageId)
  assert.match(second?.messageId ?? '', /^[0-9a-f-]{36}@press\.example$/)
})

test('queue: who lost the lease can say that it was sent, and nothing else', async (t) => {
  const { queue, clock } = await openQueue(t)
  await queue.send(content)
  const slow = await queue.claim()
  clock.advance(120_000)
  const quick = await queue.claim()
  assert.ok(slow !== undefined && quick !== undefined)
  await queue.giveUp(slow, 'late')
  await queue.putOff(slow, start, 'late')
  assert.equal((await queue.read(slow.id))?.givenUpAt, null)
  assert.equal(await queue.claim(), undefined)
  await queue.markSent(slow)
  await queue.putOff(quick, start, 'late')
  assert.equal(await queue.claim(), undefined)
  assert.equal((await queue.read(slow.id))?.sentAt, start + 120_000)
})

test('queue: the oldest is claimed first, and none before it is due', async (t) => {
  const { queue, clock } = await openQueue(t)
  const first = await queue.send(content)
  clock.advance(1)
  const second = await queue.send(content)
  const claimed = await queue.claim()
  assert.equal(claimed?.id, first)
  assert.ok(claimed)
  await queue.putOff(claimed, start + 60_000, 'EMESSAGE 451')
  assert.equal((await queue.claim())?.id, second)
  assert.equal(await queue.claim(), undefined)
  assert.equal(await queue.nextDueAt(), start + 60_000)
  clock.advance(60_000)
  assert.equal((await queue.claim())?.id, first)
})

test('queue: a message made by hand is held to the same address and subject', async (t) => {
  const { db, queue } = await openQueue(t)
  const message = { to: content.to, subject: 'Hello', text: 'x', html: html`<p>x</p>` }
  const wrong = [
    { to: 'a@x.example,b@y.example' },
    { to: 'a@x.example\r\nBcc: b@y.example' },
    { subject: 'Hello\r\nBcc: b@y.example' },
    { subject: 'Hello\u2028' },
    { subject: '' },
  ]
  for (const change of wrong) {
    await assert.rejects(queue.enqueue({ ...message, ...change }), MailProblem)
  }
  await assert.rejects(queue.send({ ...content, to: 'a@x.example,b@y.example' }), MailProblem)
  assert.deepEqual(await db.selectFrom('demijohn_mails').select('id').execute(), [])
  await queue.enqueue(message)
})

test('queue: keys that were replaced still open what was sealed before', async (t) => {
  const { db, clock, queue, keys } = await openQueue(t)
  const id = await queue.send(content)
  const deps = { db, clock, random: (n: number) => Buffer.alloc(n), origin, signature }
  const fresh = Buffer.alloc(32, 9)
  const after = createMailQueue({ ...deps, keys: [fresh, ...keys] })
  assert.match((await after.read(id))?.body?.text ?? '', /secret-of-the-link/)
  assert.equal((await createMailQueue({ ...deps, keys: [fresh] }).read(id))?.body, undefined)
})

test('queue: after a week a mail is gone, sent or not', async (t) => {
  const { queue, clock } = await openQueue(t)
  assert.equal(keepMailsDays, 7)
  await queue.send(content)
  clock.advance(7 * 86_400_000)
  assert.equal(await queue.sweep(), 0)
  await queue.send(content)
  clock.advance(1)
  assert.equal(await queue.sweep(), 1)
  assert.equal((await queue.list()).length, 1)
})
