/**
 * Mails that wait in the database, from the transaction that wrote them to the server that took them.
 *
 * Stops a mail about something that was rolled back, a mail lost to a crash, and one sent by two
 * workers: each is claimed by one conditional write, which is a lease, so that a mail whose worker
 * died is taken up again. Bodies are sealed while they wait and erased when the mail was sent or
 * given up, because the links in them are secrets.
 *
 * Sent once, with one exception that no queue can rule out: when the process dies after the server
 * took the mail and before that was written down, it is sent again. Both have the same Message-ID
 * (RFC 5322 section 3.6.4), by which receivers may drop the second.
 */
import type { Random } from '../core/bytes.ts'
import type { Clock } from '../core/clock.ts'
import { createId, type Id } from '../core/ids.ts'
import { seal, unseal } from '../core/seal.ts'
import { markupText } from '../html/template.ts'
import {
  type MailContent,
  type MailMessage,
  mailMessage,
  maxSubjectCharacters,
  requireAddress,
  requireLine,
} from './message.ts'
import {
  claimRow,
  deleteOlder,
  findRow,
  type MailDatabase,
  markSent,
  newestRows,
  nextDueAt,
  type Row,
  settle,
} from './rows.ts'

/** A mail with its body, which is gone once it was sent or given up. */
export type StoredMail = {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly createdAt: number
  readonly sentAt: number | null
  readonly givenUpAt: number | null
  readonly body: { readonly text: string; readonly html: string } | undefined
}

/** A mail that one worker holds. */
export type ClaimedMail = StoredMail & {
  /** The same at every attempt, without the angle brackets. */
  readonly messageId: string
  /** 1 for the first; tells this claim from a later one. */
  readonly attempt: number
}

export type MailQueueDeps = {
  readonly db: MailDatabase
  readonly clock: Clock
  readonly random: Random
  /** 32 bytes each: the first seals, all unseal. */
  readonly keys: readonly Buffer[]
  /** The site's configured origin: what every link begins with. */
  readonly origin: string
  readonly signature: string
}

export type MailQueue = ReturnType<typeof createMailQueue>

export const keepMailsDays = 7

export function createMailQueue(deps: MailQueueDeps) {
  const { db, clock, random, keys, origin, signature } = deps
  const { hostname } = new URL(origin)
  const stored = (row: Row): StoredMail => toStored(keys, row)
  let onQueued: () => void = () => undefined

  async function enqueue(message: MailMessage, within: MailDatabase = db): Promise<Id> {
    const now = clock.now()
    const id = createId(now, random)
    await within.insertInto('demijohn_mails').values(newRow(deps, { id, now, message })).execute()
    onQueued()
    return id
  }

  return Object.freeze({
    origin,
    enqueue,
    /** Makes the mail and queues it; within a transaction it stands or falls with that. */
    send: async (content: MailContent, within?: MailDatabase): Promise<Id> =>
      enqueue(mailMessage(content, { origin, signature }), within),
    /** Calls when a mail is queued in this process, perhaps before its transaction is committed. */
    whenQueued: (listener: () => void) => {
      onQueued = listener
    },
    claim: async (): Promise<ClaimedMail | undefined> => {
      const row = await claimRow(db, clock.now())
      if (row === undefined) return undefined
      return { ...stored(row), messageId: `${row.id}@${hostname}`, attempt: row.attempts }
    },
    /** When the next mail is due, in UTC milliseconds; undefined when none waits. */
    nextDueAt: () => nextDueAt(db),
    markSent: (mail: ClaimedMail) => markSent(db, mail.id, clock.now()),
    putOff: (mail: ClaimedMail, until: number, problem: string) =>
      settle(db, mail, { dueAt: until, problem }),
    giveUp: (mail: ClaimedMail, problem: string) =>
      settle(db, mail, { dueAt: null, body: null, givenUpAt: clock.now(), problem }),
    /** The newest mails, for the development outbox and for tests. */
    list: async (limit = 100): Promise<readonly StoredMail[]> =>
      (await newestRows(db, limit)).map(stored),
    read: async (id: string): Promise<StoredMail | undefined> => {
      const row = await findRow(db, id)
      return row === undefined ? undefined : stored(row)
    },
    /** Deletes what is older than a week, sent or not: the links of a mail are over by then. */
    sweep: () => deleteOlder(db, clock.now() - keepMailsDays * 86_400_000),
  })
}

/** @throws MailProblem for a message that was not made by mailMessage and may not be sent. */
function newRow(
  { keys, random }: MailQueueDeps,
  facts: { readonly id: string; readonly now: number; readonly message: MailMessage },
): Row {
  const { id, now, message } = facts
  requireAddress(message.to)
  requireLine('subject', message.subject, maxSubjectCharacters)
  const text = JSON.stringify({ text: message.text, html: markupText(message.html) })
  const open = { sentAt: null, givenUpAt: null, problem: null }
  return {
    ...{ id, recipient: message.to, subject: message.subject },
    body: seal(keys, random, { id, text }),
    ...{ createdAt: now, dueAt: now, attempts: 0, ...open },
  }
}

function toStored(keys: readonly Buffer[], row: Row): StoredMail {
  const { id, recipient, subject, createdAt, sentAt, givenUpAt } = row
  const opened = row.body === null ? undefined : unseal(keys, { id, sealed: row.body })
  return {
    ...{ id, to: recipient, subject, createdAt, sentAt, givenUpAt },
    // Written by `enqueue`, and nobody else has the key.
    body: opened === undefined ? undefined : JSON.parse(opened),
  }
}
