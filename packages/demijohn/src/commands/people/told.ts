/**
 * Tells somebody by mail of what was changed at the terminal about how they sign in (ASVS 6.3.7).
 *
 * The mail stands or falls with the change, and the site sends it. It is sealed with the keys of the
 * site: where the command has not got them, the change is made all the same, for whoever runs it has
 * the database, and it says that nobody was told.
 */
import { systemRandom } from '../../core/bytes.ts'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import type { MailContent } from '../../mail/message.ts'
import { createMailQueue } from '../../mail/queue.ts'
import { runSettings } from '../../serve/settings.ts'
import type { Desk, Inside } from './desk.ts'

export type Teller =
  | { readonly tells: true; readonly queue: (inside: Inside) => Promise<void> }
  /** A sentence for the terminal; empty where the project sends no mail at all. */
  | { readonly tells: false; readonly because: string }

/** `write` gets the name that the site signs its mails with. */
export function tellerAt(desk: Desk, write: (siteName: string) => Omit<MailContent, 'to'>): Teller {
  const { project, environment, store } = desk
  if (project.mail === undefined) return { tells: false, because: '' }
  const { signature } = project.mail
  try {
    const { origin, port, keyring } = runSettings(project.name, environment)
    const mails = createMailQueue({
      ...{ db: store.db, clock: store.clock, random: systemRandom, signature },
      keys: keyring.subkeys('mail'),
      origin: origin === 'loopback' ? `http://localhost:${port}` : origin,
    })
    const content = write(signature)
    return {
      tells: true,
      queue: async ({ transaction, account }) => {
        await mails.send({ ...content, to: account.email }, transaction)
      },
    }
  } catch (error) {
    if (!(error instanceof Misconfiguration)) throw error
    return { tells: false, because: 'Nobody is told by mail: that needs the settings of the site.' }
  }
}
