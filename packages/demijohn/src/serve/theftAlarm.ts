/** Tells the owner of an account that a remember token of theirs came twice. */
import type { RememberingDeps } from '../defences/sessions/remember.ts'
import type { MailQueue } from '../mail/queue.ts'

/** undefined for a project that sends no mail: then the log alone says so. */
export function theftAlarm(mails: MailQueue | undefined): RememberingDeps['alarm'] {
  if (mails === undefined) return undefined
  return async (transaction, accountId) => {
    const account = await transaction
      .selectFrom('demijohn_accounts')
      .select('email')
      .where('id', '=', accountId)
      .executeTakeFirst()
    if (account === undefined) return
    await mails.send({ to: account.email, ...content }, transaction)
  }
}

const content = Object.freeze({
  subject: 'A browser of yours was signed out',
  paragraphs: [
    'Hello,',
    'you had asked a browser to stay signed in. The token that it keeps for that came a second time, although each works only once. Either somebody has a copy of it, or an answer of ours was lost on its way to you.',
    'To be safe, everything that was signed in with it has been signed out. Sign in again where you need to, and look at the list of your sessions. If there is anything in it that you do not know, change your password.',
  ],
  action: { label: 'Look at your sessions', path: '/account/sessions' },
})
