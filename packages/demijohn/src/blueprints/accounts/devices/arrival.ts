/** What a sign-in that is complete leaves behind: its browser is known, and new ones are told of. */
import type { Transaction } from 'kysely'
import type { DemijohnTables } from '../../../data/tables.ts'
import type { AccountsContext } from '../context.ts'
import type { Proven, SignInHandling } from '../finish.ts'
import { tell } from '../links/mailing.ts'
import { type Acquaintance, noteDevice } from './devices.ts'
import { sessionsPath } from './routes.ts'
import { describeBrowser } from './userAgent.ts'

/** Notes the browser, and mails the owner where it is new to the account (ASVS 6.3.5). Both or neither. */
export function welcomeDevice(
  { mails, siteName }: AccountsContext,
  facts: SignInHandling,
  account: Proven,
): Promise<Acquaintance> {
  const { now, userAgent, clientAddress, mail } = facts
  return note(facts, account, async (db) => {
    const about = { siteName, clientAddress, at: now, path: sessionsPath }
    const content = mails.newDevice({ ...about, browser: describeBrowser(userAgent) })
    await tell(db, mail, { ...content, to: account.email })
  })
}

/** Notes the browser in which an account was made: there is nobody to be told of it. */
export async function meetDevice(facts: SignInHandling, account: Proven): Promise<void> {
  await note(facts, account, async () => undefined)
}

function note(
  { db, now, device }: SignInHandling,
  { id: accountId }: Proven,
  whenNew: (db: Transaction<DemijohnTables>) => Promise<void>,
): Promise<Acquaintance> {
  const deviceId = device.issue()
  const clock = { now: () => now }
  return db.transaction().execute(async (transaction) => {
    const was = await noteDevice({ db: transaction, clock }, { accountId, deviceId })
    if (was === 'new') await whenNew(transaction)
    return was
  })
}
