/**
 * What an application writes about a route, and the types that hold it to it.
 *
 * Compile errors, each held by a test in test/types: no `access`; a permission that no role has; an
 * `:own` permission without `load`; a path parameter without a schema; `user.name` where `anyone`
 * may enter; a limit that is not `N per second|minute|hour|day`.
 */
import type { Kysely } from 'kysely'
import type { StandardSchemaV1 } from '../core/standardSchema.ts'
import type { AccessRule } from '../defences/access/decide.ts'
import type { KeyedLimit, Limit } from '../defences/limits/options.ts'
import type { Family } from '../defences/sessions/rememberRows.ts'
import type { SessionSummary } from '../defences/sessions/types.ts'
import type { TokensReader } from '../defences/tokens/store/types.ts'
import type { Fields, FormView, Values } from '../html/form.ts'
import type { Answer, LibraryAnswer } from './answer.ts'
import type { Program } from './api/program.ts'
import type { ApiRecord } from './api/types.ts'
import type { Duration } from './duration.ts'
import type { Sealed, Writing } from './writing.ts'

/** The person who is signed in. */
export type Person<Role extends string = string> = {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: Role
  /** Where a token speaks for the person: the permissions it was given, and no others count. */
  readonly scopes?: ReadonlySet<string>
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
  /** The roles that nobody may use on this site without a second factor. */
  readonly secondFactorRoles: ReadonlySet<string>
  readonly sessions: SessionsReader
  /** What apps and scripts hold in the name of people. */
  readonly tokens: TokensReader
  /** The session of this request, as `sessions` lists it. */
  readonly sessionId: string | null
}

/** Reads sessions without changing any. Ask for the person's own, or for those one may manage. */
export type SessionsReader = {
  /** Live ones, the most recently used first. */
  readonly listOf: (accountId: string) => Promise<readonly SessionSummary[]>
  /** Browsers that stay signed in, the newest first. */
  readonly rememberedOf: (accountId: string) => Promise<readonly Family[]>
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

/** Errors by field name; `''` is for the form as a whole. */
export type FieldErrors<F> = { readonly [Name in (keyof F & string) | '']?: string }

export type FailedSubmit = {
  readonly kind: 'failed'
  readonly errors: Readonly<Record<string, string>>
  readonly retryAfterSeconds?: number
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
  /**
   * How often one client may ask; several limits have to allow all together. Stands in the place of
   * the site's own limit with the same window, beside those with another.
   */
  readonly limit?: Limit | KeyedLimit | readonly (Limit | KeyedLimit)[]
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
        /** Shows the form again as 422 with these messages; as 429 where it is to wait. */
        readonly fail: (
          errors: FieldErrors<F>,
          wait?: { readonly retryAfterSeconds: number },
        ) => FailedSubmit
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

/** The methods of routes. HEAD is GET (RFC 9110 section 9.3.2). */
export const routeMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
export type RouteMethod = (typeof routeMethods)[number]

/** How a caller proves who it is: by session cookie, by token, or not at all (static files, reports). */
export type Credential = 'session' | 'bearer' | 'none'

/** What a request that writes may bring: a form with its token, one of a program, JSON, a report. */
export type BodyKind = 'page-form' | 'program-form' | 'json' | 'report' | 'none'

/** A route as the pipeline sees it: the same for every application, types left behind. */
export type RouteRecord = {
  /** The path as it was written, prefix included: the key of limits, logs and metrics. */
  readonly path: string
  readonly method: RouteMethod
  readonly credential: Credential
  readonly access: AccessRule
  readonly params: Schemas
  readonly query: Schemas
  readonly body: BodyKind
  readonly fields: Fields | undefined
  readonly limits: readonly (string | KeyedLimit)[]
  readonly load: ((known: never) => unknown) | undefined
  readonly initial: ((known: never) => Readonly<Record<string, string | undefined>>) | undefined
  readonly page: ((known: never) => Answer | Promise<Answer>) | undefined
  readonly handle: ((known: never) => Handled | Promise<Handled>) | undefined
  /** What only routes for programs have; undefined on pages. */
  readonly api: ApiRecord | undefined
  /** What only addresses of the library's own have that answer as a specification lays down. */
  readonly program?: Program
  /** A GET that may write: see `landing.ts`. No kit makes one. */
  readonly landing?: true
  /** Names in the query that it does not declare are left aside; elsewhere they are refused. */
  readonly hasForeignQuery?: boolean
}
