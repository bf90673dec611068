/** What a session looks like to the rest of the library. */

import type { Transaction } from 'kysely'
import type { DemijohnTables } from '../../data/tables.ts'
import type { Method, Stage } from './stage.ts'

/** The person behind a session, as the database had them at most a minute ago, or since a change. */
export type SessionUser = {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: string
}

/** Keys that form tokens are bound to: the first makes them, all verify. */
export type FormKeys = readonly [Buffer, ...Buffer[]]

/** A live session. Times are UTC milliseconds. */
export type SessionRecord<User = SessionUser> = {
  /** SHA-256 of the token in hexadecimal: names the session without opening it. */
  readonly id: string
  readonly accountId: string
  /** Whose session it is once it is `full`; before that, who they claim to be. */
  readonly claimant: User
  readonly stage: Stage
  /** What was proven so far. */
  readonly methods: readonly Method[]
  /** The remember tokens that it hangs on, if any. */
  readonly familyId: string | null
  readonly createdAt: number
  /** When the person last proved who they are. */
  readonly authenticatedAt: number
  readonly lastSeenAt: number
  readonly expiresAt: number
  readonly notice: string | null
  /** Derived once for each session that is read, so that a form costs no HMAC. */
  readonly formKeys: FormKeys
}

/** A line in a person's list of sessions (ASVS 7.5.2). */
export type SessionSummary = {
  readonly id: string
  readonly createdAt: number
  readonly authenticatedAt: number
  readonly lastSeenAt: number
  readonly expiresAt: number
  readonly userAgent: string
  readonly clientAddress: string
  readonly methods: readonly Method[]
  readonly familyId: string | null
}

export type IssuedSession<User = SessionUser> = {
  /** For the cookie, and nowhere else: only its hash is stored. */
  readonly token: string
  readonly session: SessionRecord<User>
}

/** A write of the caller's that stands or falls with the store's own, in one transaction. */
export type Alongside = (transaction: Transaction<DemijohnTables>) => Promise<unknown>

/** What a session begins with. */
export type SessionStart = {
  readonly accountId: string
  /** The account's, as it was when the proof was checked. */
  readonly credentialRevision: number
  readonly methods: readonly Method[]
  readonly userAgent: string
  readonly clientAddress: string
  readonly replaces?: string
  /**
   * When the person last proved who they are, where that is not now: a remembered device, or a
   * provider's word. Counts where the session is complete.
   */
  readonly authenticatedAt?: number
  readonly familyId?: string
  /** A moment by which it ends, where that comes before its own limit: the family's end. */
  readonly endsAt?: number
}

export type EndAllOptions = {
  /** The session that stays. */
  readonly except?: string
  /** The family of remember tokens that stays. */
  readonly exceptFamily?: string
  readonly alongside?: Alongside
}

export type SessionStore<User = SessionUser> = {
  /**
   * The session of a token, at once when it is cached. null: none such, expired, ended, or the
   * account is gone or suspended. Rejects when the database fails: nobody is signed in then.
   */
  readonly find: (token: string) => SessionRecord<User> | null | Promise<SessionRecord<User> | null>
  /**
   * Signs in: always a token that did not exist before (ASVS 7.2.4), and `replaces` ends the
   * session that the browser came with. null: the account is gone or suspended, or what proves it
   * has changed since `credentialRevision` was read, so that a sign-in with the old password that
   * overlaps with a change of it ends here.
   */
  readonly create: (input: SessionStart) => Promise<IssuedSession<User> | null>
  /**
   * Gives the session a new token and ends the old one in the same write. The absolute end stays.
   * `proven` says what the person has just proved themselves by. null: the session has ended
   * meanwhile, and stays so.
   */
  readonly rotate: (
    session: { readonly id: string },
    options?: { readonly proven?: readonly Method[] },
  ) => Promise<IssuedSession<User> | null>
  readonly end: (sessionId: string) => Promise<void>
  /**
   * Ends an account's sessions with the browsers that stay signed in to it and the apps that it let in,
   * and says how many sessions there were (ASVS 7.4.2, 7.4.3, 7.4.5).
   */
  readonly endAllOf: (accountId: string, options?: EndAllOptions) => Promise<number>
  /**
   * To be called after an account was deleted or its role, suspension, name or email changed, or with the
   * change as `alongside`: copies are dropped here at once, in other processes within a second.
   */
  readonly accountChanged: (
    accountId: string,
    options?: { readonly alongside?: Alongside },
  ) => Promise<void>
  /** An account's live sessions, the most recently used first. */
  readonly listOf: (accountId: string) => Promise<readonly SessionSummary[]>
  /** Leaves a line of text (1,000 characters at most) for the next page of a session. */
  readonly setNotice: (sessionId: string, text: string) => Promise<void>
  /** Takes the notice that `session` carries: of any number of takers, one gets it. */
  readonly takeNotice: (session: {
    readonly id: string
    readonly notice: string | null
  }) => Promise<string | null>
  /** Deletes the rows of sessions that are over, and says how many. */
  readonly sweep: () => Promise<number>
}
