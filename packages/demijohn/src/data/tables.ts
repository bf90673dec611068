import type { Generated } from 'kysely'
import type {
  DeviceGrantsTable,
  PersonalTokensTable,
  RefreshTokensTable,
  SigningKeysTable,
  TokenFamiliesTable,
} from './tokenTables.ts'

/**
 * The library's own tables. Times are UTC milliseconds; secrets are stored as SHA-256 of 256 random
 * bits, so a copy of the database opens no session (ASVS 7.2.3 and 11.4.1 lean on this).
 */
export type DemijohnTables = {
  demijohn_accounts: AccountsTable
  demijohn_sessions: SessionsTable
  demijohn_tickets: TicketsTable
  demijohn_revisions: RevisionsTable
  demijohn_mails: MailsTable
  demijohn_devices: DevicesTable
  demijohn_remembered: RememberedTable
  demijohn_totp: TotpTable
  demijohn_recovery_codes: RecoveryCodesTable
  demijohn_passkeys: PasskeysTable
  demijohn_throttles: ThrottlesTable
  demijohn_signing_keys: SigningKeysTable
  demijohn_token_families: TokenFamiliesTable
  demijohn_refresh_tokens: RefreshTokensTable
  demijohn_personal_tokens: PersonalTokensTable
  demijohn_device_grants: DeviceGrantsTable
  demijohn_idempotency: IdempotencyTable
  demijohn_journal: JournalTable
  demijohn_identities: IdentitiesTable
}

export type AccountsTable = {
  /** UUIDv7. */
  id: string
  /** As the person writes it, normalised; mail goes here. */
  email: string
  /** Unique: the lower-cased form by which two addresses are one. */
  emailKey: string
  name: string
  /** Argon2id in PHC form; null while no password was chosen. */
  passwordHash: string | null
  role: string
  suspendedAt: number | null
  createdAt: number
  passwordChangedAt: number | null
  /** Grows with every change of what proves this account: a sign-in that began before it ends there. */
  credentialRevision: Generated<number>
  /** When the person showed that they read mail at the address; null: not yet. */
  emailVerifiedAt: Generated<number | null>
}

export type SessionsTable = {
  /** SHA-256 of the token in hexadecimal. */
  id: string
  /** Goes with its account. */
  accountId: string
  createdAt: number
  /** When a password or the like was last given. */
  authenticatedAt: number
  lastSeenAt: number
  /** The absolute end, whatever happens in between. */
  expiresAt: number
  /** At most 300 characters. */
  userAgent: string
  clientAddress: string
  /** Shown once, on the next page. */
  notice: string | null
  /** What was proven at sign-in and since, words with blanks between: `password totp`. */
  methods: Generated<string>
  /** The family of remember tokens that it hangs on; they end together. */
  familyId: Generated<string | null>
}

/** One-time links: set-up, password reset, change of address. */
export type TicketsTable = {
  /** SHA-256 of the secret in hexadecimal. */
  id: string
  purpose: string
  /** Goes with its account; null where there is none yet. */
  accountId: string | null
  createdAt: number
  expiresAt: number
  /** Set by one conditional write, which of twenty parallel ones exactly one wins. */
  usedAt: number | null
  /** The address that the link is about, where that is not the account's own. */
  email: Generated<string | null>
  /** The role that an invitation gives. */
  role: Generated<string | null>
  /** The account that made it for somebody else; null where nobody did. */
  createdBy: Generated<string | null>
}

/** Counters that other processes watch to learn that something was revoked. */
export type RevisionsTable = {
  name: string
  revision: number
}

/** Mails that wait to be sent, and for a week those that were. */
export type MailsTable = {
  /** UUIDv7; the Message-ID is made of it. */
  id: string
  recipient: string
  subject: string
  /** Sealed, for the links in it are secrets; null once it was sent or given up. */
  body: string | null
  createdAt: number
  /** When it is tried next; while somebody holds it, when another may take it. Null: never again. */
  dueAt: number | null
  attempts: number
  sentAt: number | null
  givenUpAt: number | null
  /** A code of the last failure, without a server's words. */
  problem: string | null
}

/** Browsers in which somebody has signed in to an account before. */
export type DevicesTable = {
  accountId: string
  /** SHA-256 of the device cookie in hexadecimal. Key together with the account. */
  deviceId: string
  createdAt: number
  lastSeenAt: number
}

/** Remember tokens: each works once and is followed by another of its family. */
export type RememberedTable = {
  /** SHA-256 of the token in hexadecimal. */
  id: string
  familyId: string
  accountId: string
  /** What was proven when the family began, as in sessions. */
  methods: string
  /** When the family began, which is when the person last proved who they are. */
  authenticatedAt: number
  expiresAt: number
  /** Set by one conditional write. A token that comes after it was used has been copied. */
  usedAt: number | null
}

/** An authenticator app (RFC 6238): one an account. */
export type TotpTable = {
  accountId: string
  /** Sealed. */
  secret: string
  createdAt: number
  /** Null until the first right code: it counts for nothing before. */
  confirmedAt: number | null
  /** The time step of the last code that was taken, so that no code is taken twice. */
  lastStep: number | null
}

export type RecoveryCodesTable = {
  /** SHA-256 of the code's 120 random bits in hexadecimal. */
  id: string
  accountId: string
  createdAt: number
  usedAt: number | null
}

/** Public keys of passkeys (WebAuthn Level 3). */
export type PasskeysTable = {
  /** The credential's id in base64url. */
  id: string
  accountId: string
  /** COSE, in base64url. */
  publicKey: string
  signCount: number
  /** 1: its owner was recognised when it was made, or beside another factor since; else 0. */
  uvInitialized: Generated<number>
  /** 1: it was made to be on several devices, and 0: to be on one. */
  backupEligible: Generated<number>
  /** As the browser named them, with commas. */
  transports: string
  /** What the person calls it. */
  name: string
  createdAt: number
  lastUsedAt: number | null
}

/** How many tries have failed, by account, device or client. */
export type ThrottlesTable = {
  /** SHA-256 in hexadecimal of what is counted. */
  key: string
  failures: number
  lastFailureAt: number
}

/** Requests that came with an Idempotency-Key, for a day. */
export type IdempotencyTable = {
  /** SHA-256 in hexadecimal of principal, route and the key that was sent. */
  key: string
  /** SHA-256 in hexadecimal of the principal: their rows are counted. */
  owner: string
  /** Goes with its account; null where the principal has none here. */
  accountId: string | null
  /** SHA-256 in hexadecimal of method, address and body. */
  fingerprint: string
  state: 'running' | 'finished'
  /** Sealed; null while it runs, and where it was too large to keep. */
  answer: string | null
  createdAt: number
  expiresAt: number
}

/** What processes tell each other, such as bans: each reads on from the last id that it saw. */
export type JournalTable = {
  /** Grows, and is never given twice. */
  id: Generated<number>
  name: string
  text: string
  createdAt: number
}

/** Whom a provider of OpenID Connect means when it says who somebody is. */
export type IdentitiesTable = {
  /** UUIDv7. */
  id: string
  accountId: string
  /** The provider's id in the project. Unique with issuer and subject, and for an account. */
  provider: string
  issuer: string
  /** `sub`: a person at this issuer, and never another. */
  subject: string
  /** The address there when it was linked, to be shown to the person; decides nothing. */
  email: string | null
  createdAt: number
  lastUsedAt: number | null
}
