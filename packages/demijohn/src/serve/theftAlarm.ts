/** Tells the owner of an account that a remember token of theirs came twice. */
import { Misconfiguration } from '../core/misconfiguration.ts'
import type { RememberingDeps } from '../defences/sessions/remember.ts'
import { type MailContent, MailProblem, mailMessage } from '../mail/message.ts'
import type { MailQueue } from '../mail/queue.ts'
import type { AnyBlueprint } from '../pipeline/kit.ts'

/**
 * undefined for a project that sends no mail, or has no words for it: then the log alone says so.
 * @throws Misconfiguration where the mail cannot be written: a family ends together with it or not at all.
 */
export function theftAlarm(
  mails: MailQueue | undefined,
  blueprints: readonly AnyBlueprint[],
): RememberingDeps['alarm'] {
  const write = blueprints.find(({ theftMail }) => theftMail !== undefined)?.theftMail
  if (mails === undefined || write === undefined) return undefined
  requireMail(write())
  return async (transaction, accountId) => {
    const account = await transaction
      .selectFrom('demijohn_accounts')
      .select('email')
      .where('id', '=', accountId)
      .executeTakeFirst()
    if (account === undefined) return
    await mails.send({ to: account.email, ...write() }, transaction)
  }
}

function requireMail(content: Omit<MailContent, 'to'>): void {
  try {
    mailMessage({ ...content, to: 'somebody@site.example' }, anywhere)
  } catch (error) {
    if (!(error instanceof MailProblem)) throw error
    throw new Misconfiguration([
      `the mail about a copied remember token cannot be written (${error.message}): shorten siteName, and leave out what cannot be seen`,
    ])
  }
}

const anywhere = { origin: 'https://site.example', signature: 'Site' }
