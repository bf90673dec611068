/**
 * What an application writes about a route, and the types that hold it to it.
 *
 * Compile errors, each held by a test in test/types: no `access`; a permission that no role has; an
 * `:own` permission without `load`; a path parameter without a schema; `user.name` where `anyone`
 * may enter; a limit that is not `N per second|minute|hour|day`.
 */
import type { Kysely, Transaction } from 'kysely'
import type { StandardSchemaV1 } from '../core/standardSchema.ts'
import type { AccessRule } from '../defences/access/decide.ts'
import type { Limit } from '../defences/limits/options.ts'
import type { Method, Stage } from '../defences/sessions/stage.ts'
import type { Fields, FormView, Values } from '../html/form.ts'
import type { MailContent } from '../mail/message.ts'
import type { SecurityEvent } from '../watch/events.ts'
import type { EventFacts } from '../watch/log.ts'
import type { Answer, LibraryAnswer } from './answer.ts'
import type { Duration } from './duration.ts'

/** The person who is signed in. */
export type Person<Role extends string = string> = {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: Role
}

/** Reading without writing: what GET handlers get, so that a GET changes nothing (ASVS 3.5.3). */
export type Reader<Database> = Pick<
  Kysely<Database>,
  'selectFrom' | 'selectNoFrom' | 'fn' | 'dynamic'
>

export type Anyone = { readonly kind: 'anyone' }
export type SignedIn = { readonly kind: 'signed-in' } & Refreshable<FreshlySignedIn>
export type FreshlySignedIn = { readonly kind: 'signed-in'; readonly freshMilliseconds?: number }
export type HalfSignedIn = { readonly kind: 'half-signed-in' }
export type Enrolling = { readonly kind: 'enrolling'; readonly freshMilliseconds: number }
/** A rule of which there is a stricter copy. */
export type Refreshable<Rule> = {
  /**
   * Asks for a proof of who the person is that is younger than that: `signedIn.fresh('10 minutes')`.
   * Older ones are led to a page where they give it again (ASVS 7.5.1, 7.5.3).
   */
  readonly fresh: (
    duration: Duration,
  ) => Omit<Rule, 'fresh'> & { readonly freshMilliseconds: number }
}
/** What the compiler shows when `load` is missing: the remedy stands in the type's own text. */
export type EveryObject = 'reaches every object'
export type OwnObjects =
  'held as :own by some role: give the route a `load` that returns an ownerId'
type MayRule<Permission extends string, Reaches extends EveryObject | OwnObjects> = {
  readonly kind: 'may'
  readonly permission: Permission
  readonly reaches: Reaches
  readonly freshMilliseconds?: number
}
export type May<Permission extends string, Reaches extends EveryObject | OwnObjects> = MayRule<
  Permission,
  Reaches
> &
  Refreshable<MayRule<Permission, Reaches>>
/** Access that is decided without an object. */
export type PlainAccess =
  | Anyone
  | FreshlySignedIn
  | HalfSignedIn
  | Enrolling
  | MayRule<string, EveryObject>
/** Access that needs the object, for some role holds the permission for its own alone. */
export type ObjectAccess = MayRule<string, OwnObjects>
export type Access = PlainAccess | ObjectAccess

type UserFor<A, Role extends string> = A extends Anyone ? Person<Role> | null : Person<Role>

/** The names behind the colons: `/:postId/edit` has `postId`. */
export type ParamNames<Path extends string> = Path extends `${infer Head}/${infer Tail}`
  ? ParamNames<Head> | ParamNames<Tail>
  : Path extends `:${infer Name}`
    ? Name
    : never

export type Schema<T = unknown> = StandardSchemaV1<unknown, T>
export type Schemas = { readonly [name: string]: Schema }
type ParamSchemas<Path extends string> = { readonly [Name in ParamNames<Path>]: Schema }
export type Parsed<S> = {
  readonly [Name in keyof S]: S[Name] extends StandardSchemaV1<unknown, infer T> ? T : never
}

/** What every handler knows. */
export type Known<Database, Role extends string, Params, Query, Resource, User> = {
  readonly params: Params
  readonly query: Query
  readonly resource: Resource
  readonly user: User
  readonly db: Reader<Database>
  /** UTC milliseconds, the same throughout the request. */
  readonly now: number
  readonly view: View<Role>
  readonly sealed: Sealed
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

/** What a layout needs to know, whatever the page. */
export type View<Role extends string = string> = {
  readonly user: Person<Role> | null
  /** The canonical path of the page, for marking the current place in a menu. */
  readonly path: string
  /** A one-time message from the request before. */
  readonly notice: string | null
  /** The site's own origin, `https://press.example`. */
  readonly origin: string
  /** Address of a static file with its content's hash in the name. */
  readonly asset: (name: string) => `/${string}`
}

/** What a handler that may write knows beside. */
export type Writing<Database> = {
  readonly db: Kysely<Database>
  readonly session: SessionControl<Database>
  /** Writes a security event to the log, under the request's id and the person's. */
  readonly record: (event: SecurityEvent, facts: EventFacts) => void
  /** The client's address, for records. */
  readonly clientAddress: string
  /** What the browser calls itself, at most 256 characters; anybody can write anything there. */
  readonly userAgent: string
  readonly device: DeviceControl
  readonly mail: MailControl<Database>
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
  /** Ends the person's other sessions, and gives this one a new token: password changed. */
  readonly endOthers: (options?: { readonly alongside?: Alongside<Database> }) => Promise<void>
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
  /** A sign-in of the past that goes on: when the person last proved who they are, and its family. */
  readonly authenticatedAt?: number
  readonly familyId?: string
}

/** Errors by field name; `''` is for the form as a whole. */
export type FieldErrors<F> = { readonly [Name in (keyof F & string) | '']?: string }

export type FailedSubmit = {
  readonly kind: 'failed'
  readonly errors: Readonly<Record<string, string>>
}

/**
 * The facts that a `load` function is given. The person may always be null here, so that routes
 * with different access can share one `load`.
 */
export type LoadFacts<Database, Role extends string, Params, Query = unknown> = Omit<
  Known<Database, Role, Params, Query, undefined, Person<Role> | null>,
  'resource'
>

/** What every kind of route declares. */
export type RouteSpec<Path extends string, Database, Role extends string, P, Q, L, A> = {
  /** One schema for each parameter of the path. */
  readonly params?: P & ParamSchemas<Path>
  /** One schema for each name that the query may have; any other is refused. */
  readonly query?: Q
  /** Finds the object that the route is about; null is a 404. */
  readonly load?: (
    facts: LoadFacts<Database, Role, Parsed<P>, Parsed<Q>>,
  ) => L | null | Promise<L | null>
  /** Who may enter. There is no default. */
  readonly access: A
  /** How often one client may ask, in addition to the site's defaults. */
  readonly limit?: Limit | readonly Limit[]
} & (ParamNames<Path> extends never
  ? { readonly params?: never }
  : { readonly params: ParamSchemas<Path> })

export type GetHandler<Database, Role extends string, P, Q, L, A> = (
  known: Known<Database, Role, Parsed<P>, Parsed<Q>, L, UserFor<A, Role>>,
) => Answer | Promise<Answer>

export type FormSpec<
  Path extends string,
  Database,
  Role extends string,
  P,
  Q,
  L,
  A,
  F extends Fields,
> = RouteSpec<Path, Database, Role, P, Q, L, A> & {
  readonly fields: F
  /** What the fields show before anybody typed: the object's present values. */
  readonly initial?: (known: Known<Database, Role, Parsed<P>, Parsed<Q>, L, UserFor<A, Role>>) => {
    readonly [Name in keyof F]?: string
  }
  /** The page with the form: for GET, and again with errors as 422. */
  readonly page: (
    known: Known<Database, Role, Parsed<P>, Parsed<Q>, L, UserFor<A, Role>> & {
      readonly form: FormView<F>
    },
  ) => Answer | Promise<Answer>
  readonly submit: (
    known: Omit<Known<Database, Role, Parsed<P>, Parsed<Q>, L, UserFor<A, Role>>, 'db'> &
      Writing<Database> & {
        readonly values: Values<F>
        /** Shows the form again as 422 with these messages. */
        readonly fail: (errors: FieldErrors<F>) => FailedSubmit
      },
  ) => Answer | FailedSubmit | Promise<Answer | FailedSubmit>
}

export type ActionSpec<
  Path extends string,
  Database,
  Role extends string,
  P,
  Q,
  L,
  A,
  F extends Fields,
> = RouteSpec<Path, Database, Role, P, Q, L, A> & {
  readonly fields?: F
  readonly submit: (
    known: Omit<Known<Database, Role, Parsed<P>, Parsed<Q>, L, UserFor<A, Role>>, 'db'> &
      Writing<Database> & { readonly values: Values<F> },
  ) => Answer | Promise<Answer>
}

type Handled = Answer | FailedSubmit | LibraryAnswer

/** A route as the pipeline sees it: the same for every application, types left behind. */
export type RouteRecord = {
  /** The path as it was written, prefix included: the key of limits, logs and metrics. */
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly access: AccessRule
  readonly params: Schemas
  readonly query: Schemas
  readonly fields: Fields | undefined
  readonly limits: readonly string[]
  readonly load: ((known: never) => unknown) | undefined
  readonly initial: ((known: never) => Readonly<Record<string, string | undefined>>) | undefined
  readonly page: ((known: never) => Answer | Promise<Answer>) | undefined
  readonly handle: ((known: never) => Handled | Promise<Handled>) | undefined
}
