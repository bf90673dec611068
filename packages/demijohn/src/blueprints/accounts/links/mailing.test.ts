import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openQueue, origin } from '../../../mail/queueFixture.ts'
import { mailControl } from '../../../pipeline/mailControl.ts'
import { createAccount } from '../data.ts'
import { createTicket, findTicket } from '../tickets.ts'
import { mailLink, tell } from './mailing.ts'

const ada = { email: 'ada@press.example', name: 'Ada', role: 'member', passwordHash: null }

async function open(t: Parameters<typeof openQueue>[0]) {
  const { db, clock, queue } = await openQueue(t)
  const store = { db, clock }
  const account = await createAccount(store, ada)
  assert.ok(account)
  const ticket = { purpose: 'reset', accountId: account.id, ttlMinutes: 15 }
  const write = (secret: string) => ({
    subject: 'Hello',
    paragraphs: ['Hello,'],
    action: { label: 'Go on', path: `/reset/${secret}` },
  })
  return { store, queue, mail: mailControl(queue), ticket, write }
}

const secretIn = (text = ''): string => /\/reset\/(\S{43})$/m.exec(text)?.[1] ?? ''

test('mailing: a link that works goes to the address, under the configured origin', async (t) => {
  const { store, queue, mail, ticket, write } = await open(t)
  await mailLink(store, mail, { to: ada.email, ticket, older: 'void', write })
  const [sent, ...more] = await queue.list()
  assert.deepEqual([sent?.to, more], [ada.email, []])
  assert.ok(sent?.body?.text.includes(`${origin}/reset/`))
  const secret = secretIn(sent?.body?.text)
  assert.equal((await findTicket(store, { secret, purpose: 'reset' }))?.accountId, ticket.accountId)
})

test('mailing: what goes nowhere leaves no row behind, and voids nobody’s link', async (t) => {
  const { store, queue, mail, ticket, write } = await open(t)
  const kept = await createTicket(store, ticket)
  const secrets: string[] = []
  for (let at = 0; at < 3; at += 1) {
    await mailLink(store, mail, {
      to: null,
      ticket: null,
      older: 'void',
      write: (secret) => {
        secrets.push(secret)
        return write(secret)
      },
    })
  }
  assert.deepEqual(await queue.list(), [])
  assert.equal(await queue.claim(), undefined)
  assert.equal(new Set(secrets).size, 3)
  for (const secret of secrets) {
    for (const purpose of ['reset', 'nowhere']) {
      assert.equal(await findTicket(store, { secret, purpose }), undefined)
    }
  }
  assert.ok(await findTicket(store, { secret: kept, purpose: 'reset' }))
})

test('mailing: a mail without a link that works leaves no ticket', async (t) => {
  const { store, queue, mail, write } = await open(t)
  await mailLink(store, mail, { to: ada.email, ticket: null, older: 'void', write })
  assert.equal((await queue.list()).length, 1)
  const tickets = await store.db.selectFrom('demijohn_tickets').select('id').execute()
  assert.deepEqual(tickets, [])
})

test('mailing: a mail that cannot be queued leaves the older link as it was', async (t) => {
  const { store, queue, mail, ticket, write } = await open(t)
  const kept = await createTicket(store, ticket)
  for (const to of [
    'a@x.example,b@y.example',
    'a@x.example\r\nBcc: b@y.example',
    'ｍike@x.example',
  ]) {
    await assert.rejects(mailLink(store, mail, { to, ticket, older: 'void', write }), {
      name: 'MailProblem',
    })
  }
  assert.deepEqual(await queue.list(), [])
  assert.ok(await findTicket(store, { secret: kept, purpose: 'reset' }))
})

test('mailing: a project without mail tells nobody, and fails where a link was asked for', async (t) => {
  const { store, queue, ticket, write } = await open(t)
  const silent = mailControl(undefined)
  const content = { to: ada.email, ...write('A'.repeat(43)) }
  await store.db.transaction().execute((transaction) => tell(transaction, silent, content))
  await assert.rejects(
    mailLink(store, silent, { to: ada.email, ticket, older: 'void', write }),
    TypeError,
  )
  assert.deepEqual(await queue.list(), [])
})
