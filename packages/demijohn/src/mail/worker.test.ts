import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import {
  accepted,
  content,
  later,
  openQueue,
  recordingTransport,
  refused,
  start,
  unreachable,
} from './queueFixture.ts'
import { runOnce, startMailWorker } from './worker.ts'

test('worker: what is due is sent, once', async (t) => {
  const { queue, worker } = await openQueue(t)
  for (let count = 0; count < 3; count += 1) await queue.send(content)
  const transport = recordingTransport(() => accepted)
  assert.equal(await runOnce(worker(transport)), 3)
  assert.equal(await runOnce(worker(transport)), 0)
  assert.equal(transport.letters.length, 3)
  assert.equal(new Set(transport.letters.map(({ messageId }) => messageId)).size, 3)
  assert.match(transport.letters[0]?.html ?? '', /secret-of-the-link/)
})

test('worker: a failed mail is tried again later each time, and given up after the twelfth', async (t) => {
  const { queue, clock, worker, logLines } = await openQueue(t)
  const id = await queue.send(content)
  const transport = recordingTransport(() => later)
  const waits: number[] = []
  for (;;) {
    await runOnce(worker(transport))
    const dueAt = await queue.nextDueAt()
    if (dueAt === undefined) break
    waits.push((dueAt - clock.now()) / 1000)
    await runOnce(worker(transport))
    assert.equal(transport.letters.length, waits.length, 'not before it is due')
    clock.advance(dueAt - clock.now())
  }
  assert.equal(transport.letters.length, 12)
  for (const [at, wait] of waits.entries()) {
    const full = Math.min(30 * 2 ** at, 3600)
    assert.ok(wait >= full / 2 && wait <= full, `${at}: ${wait}`)
  }
  const mail = await queue.read(id)
  assert.equal(mail?.givenUpAt, clock.now())
  assert.equal(mail?.body, undefined)
  const last = JSON.parse(logLines.at(-1) ?? '')
  assert.equal(last.level, 'error')
  assert.match(last.error, /mail given up after 12 attempts: EMESSAGE 451/)
  assert.equal(last.requestId, `mail ${id}`)
})

test('worker: what the server refuses for good is given up at once', async (t) => {
  const { queue, worker } = await openQueue(t)
  const id = await queue.send(content)
  const transport = recordingTransport(() => refused)
  await runOnce(worker(transport))
  assert.equal((await queue.read(id))?.givenUpAt, start)
  assert.equal(await queue.nextDueAt(), undefined)
})

test('worker: a server that is not there costs one mail one attempt, not every mail', async (t) => {
  const { queue, clock, worker } = await openQueue(t)
  for (let count = 0; count < 5; count += 1) await queue.send(content)
  const state = { isUp: false }
  const transport = recordingTransport(() => (state.isUp ? accepted : unreachable))
  await runOnce(worker(transport))
  assert.equal(transport.letters.length, 1)
  state.isUp = true
  clock.advance(30_000)
  assert.equal(await runOnce(worker(transport)), 5)
})

test('worker: a fault with one mail does not hold up the others', async (t) => {
  const { queue, worker, logLines } = await openQueue(t)
  await queue.send({ ...content, to: 'broken@reader.example' })
  await queue.send(content)
  const transport = recordingTransport(({ to }) => {
    if (to.startsWith('broken')) throw new TypeError('a fault of ours')
    return accepted
  })
  assert.equal(await runOnce(worker(transport)), 1)
  assert.match(logLines.join(''), /TypeError: a fault of ours/)
})

test('worker: a mail whose key is gone is given up, not sent empty', async (t) => {
  const { db, queue, worker } = await openQueue(t)
  const id = await queue.send(content)
  await db.updateTable('demijohn_mails').set({ body: 'AAAA' }).execute()
  const transport = recordingTransport(() => accepted)
  await runOnce(worker(transport))
  assert.equal(transport.letters.length, 0)
  assert.equal((await queue.read(id))?.givenUpAt, start)
})

test('worker: killed before the server has it: the next one sends it', async (t) => {
  const { queue, clock, worker } = await openQueue(t)
  await queue.send(content)
  await queue.claim()
  const transport = recordingTransport(() => accepted)
  assert.equal(await runOnce(worker(transport)), 0)
  clock.advance(120_000)
  assert.equal(await runOnce(worker(transport)), 1)
})

test('worker: killed after the server has it: sent again under the same Message-ID', async (t) => {
  const { queue, clock, worker } = await openQueue(t)
  await queue.send(content)
  const transport = recordingTransport(() => accepted)
  const deps = worker(transport)
  const dying = { ...queue, markSent: () => Promise.reject(new Error('killed')) }
  await assert.rejects(runOnce({ ...deps, queue: dying }), /killed/)
  clock.advance(120_000)
  assert.equal(await runOnce(deps), 1)
  assert.equal(await runOnce(deps), 0)
  const [first, second, ...more] = transport.letters.map(({ messageId }) => messageId)
  assert.equal(first, second)
  assert.deepEqual(more, [])
})

test('worker: the log says nothing of who and what', async (t) => {
  const { queue, worker, logLines } = await openQueue(t)
  for (const delivery of [accepted, later, refused]) {
    await queue.send(content)
    await runOnce(worker(recordingTransport(() => delivery)))
  }
  assert.ok(logLines.length >= 3)
  assert.doesNotMatch(logLines.join(''), /reader\.example|new password|secret-of-the-link/i)
})

test('worker: twenty workers on connections of their own send twenty mails once each', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-mail-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'mail.db')
  const { queue } = await openQueue(t, { path })
  for (let count = 0; count < 20; count += 1) {
    await queue.send({ ...content, to: `reader-${count}@reader.example` })
  }
  const transport = recordingTransport(async () => {
    await pause(1)
    return accepted
  })
  const workers = []
  for (let count = 0; count < 20; count += 1) workers.push(await openQueue(t, { path }))
  const sent = await Promise.all(workers.map(({ worker }) => runOnce(worker(transport))))
  assert.equal(
    sent.reduce((sum, one) => sum + one, 0),
    20,
  )
  assert.equal(transport.letters.length, 20)
  assert.equal(new Set(transport.letters.map(({ to }) => to)).size, 20)
})

async function until(isTrue: () => boolean): Promise<void> {
  for (let count = 0; count < 500 && !isTrue(); count += 1) await pause(10)
  assert.ok(isTrue())
}

test('worker: started, it sends what waits and what is queued, until it is stopped', async (t) => {
  const { queue, worker } = await openQueue(t)
  await queue.send(content)
  const transport = recordingTransport(() => accepted)
  const { stop } = startMailWorker(worker(transport))
  await until(() => transport.letters.length === 1)
  await pause(30)
  await queue.send(content)
  await until(() => transport.letters.length === 2)
  await stop()
  assert.equal(transport.state.closed, 1)
  await queue.send(content)
  await pause(60)
  assert.equal(transport.letters.length, 2)
})

test('worker: a mail is sent although its transaction ends long after it was queued', async (t) => {
  const { db, queue, worker } = await openQueue(t)
  const transport = recordingTransport(() => accepted)
  const { stop } = startMailWorker(worker(transport))
  await pause(30)
  await db.transaction().execute(async (transaction) => {
    await queue.send(content, transaction)
    await pause(200)
    assert.equal(transport.letters.length, 0)
  })
  await until(() => transport.letters.length === 1)
  await stop()
})

test('worker: a stop waits for the delivery at work, and begins no other', async (t) => {
  const { queue, worker } = await openQueue(t)
  await queue.send(content)
  await queue.send(content)
  const transport = recordingTransport(async () => {
    await pause(100)
    return accepted
  })
  const { stop } = startMailWorker(worker(transport))
  await until(() => transport.letters.length === 1)
  await stop()
  assert.deepEqual((await queue.list()).map(({ sentAt }) => sentAt !== null).sort(), [false, true])
  assert.equal(transport.letters.length, 1)
})
