/**
 * Sends what waits in the queue. Any number of workers may run, in any number of processes: the queue
 * sees to it that no two of them hold the same mail.
 *
 * What the log says of a mail is its id and a code: never an address, a subject or a server's words,
 * which repeat the address.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '../core/bytes.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../watch/log.ts'
import type { ClaimedMail, MailQueue } from './queue.ts'
import { delayAfter } from './retry.ts'

/** How a delivery ended. `problem` is a code, such as `EENVELOPE 451`. */
export type Delivery =
  | { readonly outcome: 'accepted' }
  /** The server will not take this mail however often it is sent (RFC 5321 section 4.2.1: 5yz). */
  | { readonly outcome: 'refused'; readonly problem: string }
  | {
      readonly outcome: 'failed'
      readonly problem: string
      /** False when the trouble is with the server as a whole, so the next mail would fail too. */
      readonly isAboutThisMail: boolean
    }

export type Letter = Pick<ClaimedMail, 'to' | 'subject' | 'messageId' | 'createdAt'> & {
  readonly text: string
  readonly html: string
}

export type MailTransport = {
  /** Never throws for what a server or a network does. */
  readonly deliver: (letter: Letter) => Promise<Delivery>
  readonly close: () => void
}

export type WorkerDeps = {
  readonly queue: MailQueue
  readonly transport: MailTransport
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Mails in one round; the rest waits for the next. */
const maxRound = 100

/** Sends what is due, one after the other, and gives how many were accepted. */
export async function runOnce(
  deps: WorkerDeps,
  isStopped: () => boolean = () => false,
): Promise<number> {
  let accepted = 0
  for (let count = 0; count < maxRound && !isStopped(); count += 1) {
    const mail = await deps.queue.claim()
    if (mail === undefined) break
    const delivery = await deliver(deps, mail)
    await settle(deps, mail, delivery)
    if (delivery.outcome === 'accepted') accepted += 1
    if (delivery.outcome === 'failed' && !delivery.isAboutThisMail) break
  }
  return accepted
}

async function deliver({ transport, log }: WorkerDeps, mail: ClaimedMail): Promise<Delivery> {
  // Its key was taken out of the keyring, or the row was changed by hand.
  if (mail.body === undefined) return { outcome: 'refused', problem: 'unreadable' }
  const { to, subject, messageId, createdAt, body } = mail
  try {
    return await transport.deliver({ to, subject, messageId, createdAt, ...body })
  } catch (error) {
    // One mail that trips over a fault of ours must not hold up all others.
    log.fault(`mail ${mail.id}`, error)
    return { outcome: 'failed', problem: 'fault', isAboutThisMail: true }
  }
}

async function settle(deps: WorkerDeps, mail: ClaimedMail, delivery: Delivery): Promise<void> {
  const { queue, clock, random, log } = deps
  const facts = { mailId: mail.id, attempt: mail.attempt }
  if (delivery.outcome === 'accepted') {
    await queue.markSent(mail)
    log.info('mail sent', facts)
    return
  }
  const { problem } = delivery
  const pause = delivery.outcome === 'refused' ? undefined : delayAfter(mail.attempt, random)
  if (pause === undefined) {
    await queue.giveUp(mail, problem)
    log.fault(
      `mail ${mail.id}`,
      new Error(`mail given up after ${mail.attempt} attempts: ${problem}`),
    )
    return
  }
  await queue.putOff(mail, clock.now() + pause, problem)
  log.info('mail put off', { ...facts, problem, delaySeconds: Math.round(pause / 1000) })
}

/** While something is due, or was just queued here, the queue is looked at every second. */
const busyMilliseconds = 1_000
/** Otherwise only for the sake of other processes, which cannot say that they queued something. */
const idleMilliseconds = 30_000
/** A transaction that queued a mail may take some seconds until it is committed. */
const looksAfterQueueing = 10

/** A stop waits so long for the delivery at work; what was cut short is sent by the next start. */
const stopMilliseconds = 5_000

/** Runs until it is stopped. */
export function startMailWorker(deps: WorkerDeps): { readonly stop: () => Promise<void> } {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let looks = 0
  let stopped = false

  const wakeIn = (milliseconds: number): void => {
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(wake, milliseconds).unref()
  }
  const wake = (): void => {
    running = round(deps, () => stopped)
      .catch((error) => {
        deps.log.fault('mail', error)
        return idleMilliseconds
      })
      .then((pause) => {
        running = undefined
        looks = Math.max(0, looks - 1)
        wakeIn(looks > 0 ? busyMilliseconds : pause)
      })
  }

  deps.queue.whenQueued(() => {
    looks = looksAfterQueueing
    // A round at work sets the timer itself when it is done.
    if (running === undefined) wakeIn(20)
  })
  wakeIn(0)
  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await Promise.race([running, delay(stopMilliseconds, undefined, { ref: false })])
      deps.transport.close()
    },
  }
}

/** One round; gives how long to wait for the next. */
async function round(deps: WorkerDeps, isStopped: () => boolean): Promise<number> {
  await runOnce(deps, isStopped)
  const dueAt = await deps.queue.nextDueAt()
  const wait = dueAt === undefined ? idleMilliseconds : dueAt - deps.clock.now()
  return Math.min(Math.max(wait, busyMilliseconds), idleMilliseconds)
}
