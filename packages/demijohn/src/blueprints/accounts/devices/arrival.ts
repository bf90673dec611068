/** What a sign-in that is complete leaves behind: its browser is known, and new ones are told of. */
import type { AccountsContext } from '../context.ts'
import type { Proven, SignInHandling } from '../finish.ts'
import { tell } from '../links/mailing.ts'
import { type Acquaintance, noteDevice } from './devices.ts'
import { sessionsPath } from './routes.ts'
import { describeBrowser } from './userAgent.ts'

/**
 * Notes the browser, and mails the owner where it is new to the account (ASVS 6.3.5): with the first
 * sign-in of all there is nobody to warn. Both or neither.
 */
export async function welcomeDevice(
  { mails, siteName }: AccountsContext,
  facts: SignInHandling,
  account: Proven,
): Promise<Acquaintance> {
  const { now, userAgent, clientAddress, mail, device } = facts
  const deviceId = device.issue()
  const clock = { now: () => now }
  return facts.db.transaction().execute(async (db) => {
    const was = await noteDevice({ db, clock }, { accountId: account.id, deviceId })
    if (was === 'new') {
      const about = { siteName, clientAddress, at: now, path: sessionsPath }
      const content = mails.newDevice({ ...about, browser: describeBrowser(userAgent) })
      await tell(db, mail, { ...content, to: account.email })
    }
    return was
  })
}
