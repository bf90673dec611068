/** Tells the owner of an account that a remember token of theirs came twice. */
import type { RememberingDeps } from '../defences/sessions/remember.ts'
import type { MailQueue } from '../mail/queue.ts'
import type { AnyBlueprint } from '../pipeline/kit.ts'

/** undefined for a project that sends no mail, or has no words for it: then the log alone says so. */
export function theftAlarm(
  mails: MailQueue | undefined,
  blueprints: readonly AnyBlueprint[],
): RememberingDeps['alarm'] {
  const write = blueprints.find(({ theftMail }) => theftMail !== undefined)?.theftMail
  if (mails === undefined || write === undefined) return undefined
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
