/** What the parts of the accounts blueprint share. */
import type { DemijohnTables } from '../../data/tables.ts'
import type { OpenIdProvider } from '../../defences/openid/types.ts'
import type { PasswordHasher } from '../../defences/passwords/verify.ts'
import type { Throttle } from '../../defences/throttle/store.ts'
import { password } from '../../html/fields.ts'
import type { Html } from '../../html/template.ts'
import type { Blueprint } from '../../pipeline/kit.ts'
import type { View } from '../../pipeline/route.ts'
import type { PageParts } from './appearance.ts'
import type { AccountStore } from './data.ts'
import type { Layout } from './pages.ts'
import type { AccountMails, AccountPages } from './usual.ts'

export type AccountRoutes = Blueprint<DemijohnTables, string, ''>

/** Who may make an account: everybody, those who were invited, or nobody by themselves. */
export type Registration = 'open' | 'invitation' | 'closed'

export type AccountsContext = {
  readonly layout: Layout
  readonly siteName: string
  readonly administratorRole: string
  /** The role of whoever registers. */
  readonly memberRole: string
  readonly registration: Registration
  readonly afterSignIn: `/${string}`
  readonly hasher: PasswordHasher
  /** Counts tries at passwords and codes. */
  readonly throttle: Throttle
  /** Other sites that people may sign in with. */
  readonly providers: readonly OpenIdProvider[]
  readonly pages: AccountPages
  readonly mails: AccountMails
}

/** Puts the parts of a page into the application's layout. */
export function show({ layout }: AccountsContext, view: View, parts: PageParts): Html {
  return layout({ view, ...parts })
}

/** An account store under the request's own moment, so that links end by the clock of sessions. */
export function storeAt(db: AccountStore['db'], now: number): AccountStore {
  return { db, clock: { now: () => now } }
}

export const newPassword = password({
  label: 'New password',
  purpose: 'new',
  hint: 'At least 12 characters. A few unrelated words are easy to remember.',
})
