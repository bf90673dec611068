/** The accounts blueprint, and what an application may do with accounts: `demijohn/accounts`. */
export {
  type Account,
  type AccountStore,
  createAccount,
  findAccount,
  findByEmail,
} from './blueprints/accounts/data.ts'
export { type Invited, invite } from './blueprints/accounts/links/invitation.ts'
export { invitePage } from './blueprints/accounts/links/pages.ts'
export { welcomePurpose } from './blueprints/accounts/links/purposes.ts'
export { voidOpenLinks } from './blueprints/accounts/links/writes.ts'
export { eraseAccount } from './blueprints/accounts/ownData/erase.ts'
export type { OwnData, OwnDataFacts } from './blueprints/accounts/ownData/hooks.ts'
export type { Layout } from './blueprints/accounts/pages.ts'
export { type AccountsOptions, accounts } from './blueprints/accounts/routes.ts'
export {
  changeRole,
  isLastAdministrator,
  restoreAccount,
  suspendAccount,
} from './blueprints/accounts/standing.ts'
export { accountStore } from './blueprints/accounts/store.ts'
export { createTicket, voidTickets } from './blueprints/accounts/tickets.ts'
export {
  type ImportedPasswords,
  importedPasswords,
} from './defences/passwords/foreign/options.ts'
export { passwordOptions } from './defences/passwords/options.ts'
export { createPasswordHasher } from './defences/passwords/verify.ts'
export { flaskSecuritySalts } from './secrets/passwordSalts.ts'
