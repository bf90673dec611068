/**
 * Mails with links, and mails that only tell.
 *
 * Stops a form that sends mail from telling whether somebody has an account, by its answer or by the
 * time it takes (ASVS 6.3.8; CVE-2025-13473): for an address that gets no mail the very same rows
 * are written, to nowhere, and erased in the same transaction. What costs time in either case is one
 * commit of the same pages, and the sealing of a body of the same length.
 *
 * A mail goes to the address that is passed here, which is a stored one wherever an account has one
 * (CVE-2019-19844). Does not hide what the mail server does afterwards, with the process idle.
 */
import type { Transaction } from 'kysely'
import { sha256Hex } from '../../../core/bytes.ts'
import type { DemijohnTables } from '../../../data/tables.ts'
import type { MailContent } from '../../../mail/message.ts'
import { sendsMail } from '../../../pipeline/mailControl.ts'
import type { MailControl } from '../../../pipeline/writing.ts'
import type { MailParts } from '../appearance.ts'
import type { AccountStore } from '../data.ts'
import { createTicket, voidTickets } from '../tickets.ts'
import { nowherePurpose } from './purposes.ts'

type Mail = MailControl<DemijohnTables>

/** RFC 2606 section 2: no mailbox is ever there. */
const nobody = 'nobody@nowhere.invalid'
/** No account has this id. */
const noAccount = ''

export type LinkTicket = Parameters<typeof createTicket>[1]

export type LinkMail = {
  /** Where it goes; null: nowhere, and no time is saved by it. */
  readonly to: string | null
  /** What its link is for; null where the mail has none that works. */
  readonly ticket: LinkTicket | null
  /** What becomes of the account's older links of the purpose. The same whether there is an account. */
  readonly older: 'stay' | 'void'
  readonly write: (secret: string) => MailParts
}

/** Makes the ticket and queues its mail, or takes as long for nothing, in one transaction. */
export async function mailLink(
  { db, ...store }: AccountStore,
  mail: Mail,
  { to, ticket, older, write }: LinkMail,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const inside = { ...store, db: transaction }
    if (older === 'void') {
      const accountId = ticket?.accountId ?? noAccount
      await voidTickets(inside, { accountId, purpose: ticket?.purpose ?? nowherePurpose })
    }
    const nowhere = { purpose: nowherePurpose, accountId: null, ttlMinutes: 1 }
    const secret = await createTicket(inside, ticket ?? nowhere)
    await mail.sendIn(transaction, { ...write(secret), to: to ?? nobody })
    await eraseNowhere(transaction, { secret, since: store.clock.now() })
  })
}

/** Asked in either case; finds something where the link or the mail leads nowhere. */
async function eraseNowhere(
  transaction: Transaction<DemijohnTables>,
  { secret, since }: { readonly secret: string; readonly since: number },
): Promise<void> {
  await transaction
    .deleteFrom('demijohn_tickets')
    .where('id', '=', sha256Hex(secret))
    .where('purpose', '=', nowherePurpose)
    .execute()
  await transaction
    .deleteFrom('demijohn_mails')
    .where('recipient', '=', nobody)
    .where('createdAt', '>=', since)
    .execute()
}

/** Said by forms that need a link by mail, in a project that declares no `mail`. */
export const noMail = 'This site sends no mail. Ask an administrator for a link.'

/** Tells somebody of what was done, where the project sends mail at all. */
export async function tell(
  transaction: Transaction<DemijohnTables>,
  mail: Mail,
  content: MailContent,
): Promise<void> {
  if (sendsMail(mail)) await mail.sendIn(transaction, content)
}
