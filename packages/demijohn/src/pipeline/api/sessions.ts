/** What a program's handler may do with sessions: end an account's, or say that it has changed. */
import type { DemijohnTables } from '../../data/tables.ts'
import type { Parts } from '../parts.ts'
import type { SessionControl } from '../writing.ts'

export function sessionsOf({
  sessions,
}: Parts): Pick<SessionControl<DemijohnTables>, 'endAllOf' | 'accountChanged'> {
  return {
    endAllOf: async (accountId, options = {}) => {
      await sessions.endAllOf(accountId, options)
    },
    accountChanged: (accountId, options = {}) => sessions.accountChanged(accountId, options),
  }
}
