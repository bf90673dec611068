/** What the parts of the accounts blueprint share. */
import type { DemijohnTables } from '../../data/tables.ts'
import type { PasswordHasher } from '../../defences/passwords/verify.ts'
import { password } from '../../html/fields.ts'
import type { Blueprint } from '../../pipeline/kit.ts'
import type { AccountStore } from './data.ts'
import type { Layout } from './pages.ts'

export type AccountRoutes = Blueprint<DemijohnTables, string, ''>

export type AccountsContext = {
  readonly layout: Layout
  readonly siteName: string
  readonly administratorRole: string
  readonly afterSignIn: `/${string}`
  readonly hasher: PasswordHasher
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
