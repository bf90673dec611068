/**
 * Inviting somebody: the application decides who may, and calls `invite` in a handler of its own.
 *
 * Stops an invitation from being used by somebody else, for another address or another role
 * (GHSA-fmh4-wcc4-5jm3): it makes an account for the invited address alone, which mail was read at,
 * and refuses a browser in which somebody else is signed in. A new invitation leaves the older ones
 * open; of all of them one makes the account.
 */
import type { Kysely } from 'kysely'
import type { DemijohnTables } from '../../../data/tables.ts'
import { parseEmail } from '../../../html/email.ts'
import type { MailControl } from '../../../pipeline/writing.ts'
import type { MailParts } from '../appearance.ts'
import type { AccountRoutes, AccountsContext } from '../context.ts'
import { findByEmail } from '../data.ts'
import { accountStore } from '../store.ts'
import { mailLink } from './mailing.ts'
import { linkMails } from './mails.ts'
import { invitationPurpose, linkMinutes } from './purposes.ts'
import { spendMail } from './quota.ts'
import { newAccountRoute } from './registration.ts'

export function invitationRoute(routes: AccountRoutes, context: AccountsContext): void {
  if (context.registration === 'closed') return
  newAccountRoute(routes, context, {
    ...{ path: '/invitation/:secret', purpose: invitationPurpose, again: null },
    roleOf: ({ role }) => role,
  })
}

/** `taken`: the address has an account. `too-many`: two went there, and the last twelve minutes saw one. */
export type Invited = 'sent' | 'taken' | 'too-many'

/**
 * Sends a link by which somebody makes themselves an account of that role, for a week. Call it in a
 * handler that only those enter who may give that role: nothing is asked here. Registration has to
 * be `invitation` or `open`.
 * @throws RangeError for what is not one plain address.
 */
export async function invite<Database extends DemijohnTables>(
  facts: {
    readonly db: Kysely<Database>
    readonly now: number
    readonly mail: MailControl<Database>
  },
  input: {
    readonly email: string
    readonly role: string
    readonly siteName: string
    /** Who invites: the link is void once they are suspended, in another role or gone. Null: no account. */
    readonly createdBy: string | null
    /** The mail in the application's own words. */
    readonly write?: (facts: { readonly siteName: string; readonly path: string }) => MailParts
  },
): Promise<Invited> {
  const email = parseEmail(input.email)
  if (email === undefined) throw new RangeError('invite: this is not one plain address')
  const { role, siteName, createdBy, write = linkMails.invitation } = input
  const store = accountStore({ db: facts.db, clock: { now: () => facts.now } })
  if ((await findByEmail(store, email)) !== undefined) return 'taken'
  if (!(await spendMail(store, { kind: 'invitation', address: email }))) return 'too-many'
  const times = { purpose: invitationPurpose, ttlMinutes: linkMinutes.invitation }
  // The same tables and more, as for the store.
  const mail = facts.mail as unknown as MailControl<DemijohnTables>
  await mailLink(store, mail, {
    to: email,
    older: 'stay',
    ticket: { ...times, accountId: null, email, role, createdBy },
    write: (secret) => write({ siteName, path: `/invitation/${secret}` }),
  })
  return 'sent'
}
