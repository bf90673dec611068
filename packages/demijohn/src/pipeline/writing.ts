/** What handlers may do beside reading: the parts that are handed to those that may write. */
import type { Kysely, Transaction } from 'kysely'
import type { Method, Stage } from '../defences/sessions/stage.ts'
import type { TokenControl } from '../defences/tokens/store/types.ts'
import type { MailContent } from '../mail/message.ts'
import type { SecurityEvent } from '../watch/events.ts'
import type { EventFacts } from '../watch/log.ts'
import type { Signals } from './hear.ts'

/** What a handler that may write knows beside. */
export type Writing<Database> = {
  readonly db: Kysely<Database>
  readonly session: SessionControl<Database>
  readonly tokens: TokenControl
  /** Writes a security event to the log, under the request's id and the person's. */
  readonly record: (event: SecurityEvent, facts: EventFacts) => void
  /** The client's address, for records. */
  readonly clientAddress: string
  /** What the browser calls itself, at most 256 characters; anybody can write anything there. */
  readonly userAgent: string
  readonly device: DeviceControl
  readonly mail: MailControl<Database>
  /** Tells the sentinel how a try to sign in went, and of links and tokens that came twice. */
  readonly signals: Signals
}

/** Sending mail, for projects that declare `mail`. What is queued goes out within seconds. */
export type MailControl<Database> = {
  /**
   * Queues a mail in a write of its own; inside a transaction use `sendIn`.
   * @throws MailProblem for an address, a subject or a path that may not stand in a mail.
   */
  readonly send: (content: MailContent) => Promise<void>
  /** Queues a mail that stands or falls with the transaction. */
  readonly sendIn: (transaction: Transaction<Database>, content: MailContent) => Promise<void>
}

/** A write that stands or falls with the ending of sessions, in one transaction. */
export type Alongside<Database> = (transaction: Transaction<Database>) => Promise<unknown>

/** The browser, told from others by a cookie that lasts. It proves nothing about a person. */
export type DeviceControl = {
  /** SHA-256 of the cookie in hexadecimal; null when the browser has none. */
  readonly id: string | null
  /** The id, of a new cookie where there was none. */
  readonly issue: () => string
}

/** Signing in and out. Only handlers that may write hold it. */
export type SessionControl<Database> = {
  /**
   * Starts a session for the account under a new token; the one that was there is ended. Says how
   * far the person has come: see `Stage`. null, and nobody is signed in: the account is gone or
   * suspended, or what proves it has changed since `credentialRevision` was read.
   */
  readonly signIn: (start: SignInFacts) => Promise<Stage | null>
  /**
   * The person of this session has just proven one thing more: a new token, the method noted, and
   * fresh from now on. null: the session has ended meanwhile.
   */
  readonly prove: (method: Method) => Promise<Stage | null>
  /** Ends this session on the server, and clears the cookie. */
  readonly signOut: () => Promise<void>
  /**
   * Ends the person's other sessions, and gives this one a new token: password changed. Every remember
   * token ends with them; if this browser stays signed in, it gets a new one, unless its own is kept.
   */
  readonly endOthers: (options?: {
    readonly alongside?: Alongside<Database>
    readonly remembered?: 'end all' | 'keep this one'
  }) => Promise<void>
  /** Ends one session of the person's own, with its family. False: they have no such session. */
  readonly endOne: (sessionId: string) => Promise<boolean>
  /** Ends one browser of the person's own that stays signed in. False: there is no such one. */
  readonly endRemembered: (familyId: string) => Promise<boolean>
  /** Ends every session of an account: role changed, suspended, deleted. */
  readonly endAllOf: (
    accountId: string,
    options?: { readonly alongside?: Alongside<Database> },
  ) => Promise<void>
  /** The account's name or address changed: cached copies are dropped. */
  readonly accountChanged: (
    accountId: string,
    options?: { readonly alongside?: Alongside<Database> },
  ) => Promise<void>
}

export type SignInFacts = {
  readonly accountId: string
  readonly credentialRevision: number
  readonly methods: readonly Method[]
  /** When it was proven, in UTC milliseconds, where that is not now: a provider's word. */
  readonly authenticatedAt?: number
  /** Whether the browser stays signed in for 30 days. */
  readonly remember?: boolean
}

/**
 * Secrets that have to be read again, kept from whoever has the database alone: AES-256-GCM under a
 * key of the keyring (ASVS 11.3.2), bound to purpose and row, so that none opens in another's place.
 */
export type Sealed = {
  readonly seal: (purpose: string, id: string, text: string) => string
  /** undefined for what was not sealed for that purpose and id with one of our keys. */
  readonly unseal: (purpose: string, id: string, sealed: string) => string | undefined
}
