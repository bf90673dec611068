/** What handlers may do with mail: the queue, without what belongs to its worker. */
import type { DemijohnTables } from '../data/tables.ts'
import type { MailContent } from '../mail/message.ts'
import type { MailQueue } from '../mail/queue.ts'
import type { MailControl } from './writing.ts'

async function never(): Promise<never> {
  throw new TypeError('this project sends no mail; declare mail: { signature } in the project')
}

const silent: MailControl<DemijohnTables> = Object.freeze({ send: never, sendIn: never })

/** False for a project that declares no mail: what is only told is then told to nobody. */
export function sendsMail(mail: MailControl<DemijohnTables>): boolean {
  return mail !== silent
}

/** Mail of a project; one that declares none gets an error that names the remedy. */
export function mailControl(mails: MailQueue | undefined): MailControl<DemijohnTables> {
  if (mails === undefined) return silent
  return Object.freeze({
    send: async (content: MailContent) => {
      await mails.send(content)
    },
    sendIn: async (transaction, content) => {
      await mails.send(content, transaction)
    },
  } satisfies MailControl<DemijohnTables>)
}
