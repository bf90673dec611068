/**
 * What an application writes about a route for programs, and the types that hold it to it.
 *
 * Compile errors, each held by a test in test/types: no `access`; no `returns`; an `:own` permission
 * without `load`; a path parameter without a schema; an answer that lacks what `returns` names; JSON
 * read that was not declared; writing in a GET.
 */
import type { Kysely } from 'kysely'
import type { Refusal } from '../../core/refusals.ts'
import type { JsonSchema, StandardSchemaV1 } from '../../core/standardSchema.ts'
import type { Owned } from '../../defences/access/decide.ts'
import type { SecurityEvent } from '../../watch/events.ts'
import type { EventFacts } from '../../watch/log.ts'
import type {
  Anyone,
  FreshlySignedIn,
  ObjectAccess,
  Parsed,
  Person,
  PlainAccess,
  Reader,
  RouteRecord,
  RouteSpec,
  Schema,
  Schemas,
} from '../route.ts'
import type { MailControl, Sealed, SessionControl } from '../writing.ts'
import type { ApiReply } from './answers.ts'

/** Says that an answer has no body: `returns: nothing`. */
export type Nothing = { readonly kind: 'nothing' }
export const nothing: Nothing = Object.freeze({ kind: 'nothing' })

/** What is done with a key that a client sends so that a repeated write happens once. */
export type Idempotency = 'accepted' | 'required'

/** What every route for programs declares beside what every route does. */
export type ApiSpec<Path extends string, Database, Role extends string, P, Q, L, A, R> = RouteSpec<
  Path,
  Database,
  Role,
  P,
  Q,
  L,
  A
> & {
  /** One line for whoever reads the documentation of the API. */
  readonly summary: string
  readonly description?: string
  /**
   * What the answer holds. There is no default: whatever a handler gives, only what stands here is
   * sent, so a column that nobody thought of goes nowhere.
   */
  readonly returns: R
  /**
   * Names the version of the loaded resource, by a number or a time that every change moves. GET then
   * answers with an ETag, and a write has to bring it back as If-Match.
   */
  readonly version?: (resource: NonNullable<L>) => string
}

export type ApiWriteSpec<
  Path extends string,
  Database,
  Role extends string,
  P,
  Q,
  L,
  A,
  R,
  J,
> = ApiSpec<Path, Database, Role, P, Q, L, A, R> & {
  /** The body. A route without it takes none. Every object in it is strict, every text has a length. */
  readonly json?: J
  /** Whether Idempotency-Key is heeded, or demanded. Not at all when left out. */
  readonly idempotency?: Idempotency
}

type InputOf<S> = S extends {
  readonly '~standard': { readonly types?: { readonly input: infer I } | undefined }
}
  ? I
  : never
type OutputOf<S> =
  S extends StandardSchemaV1<never, infer T> ? T : S extends Schema<infer T> ? T : never

/** The value that `returns` takes, by itself or with more to it, or a refusal. */
export type ApiAnswer<R> = R extends Nothing
  ? ApiReply<undefined> | Refusal
  : InputOf<R> | ApiReply<InputOf<R>> | Refusal

type UserFor<A, Role extends string> = A extends Anyone ? Person<Role> | null : Person<Role>

/** What the handler of a GET knows. */
export type ApiKnown<Database, Role extends string, P, Q, L, A> = {
  readonly params: Parsed<P>
  readonly query: Parsed<Q>
  readonly resource: L
  /** The person behind the token. `scopes` are what the token was given. */
  readonly user: UserFor<A, Role>
  readonly db: Reader<Database>
  /** UTC milliseconds, the same throughout the request. */
  readonly now: number
  readonly sealed: Sealed
}

/** What the handler of a write knows. */
export type ApiWriting<Database, Role extends string, P, Q, L, A, J> = Omit<
  ApiKnown<Database, Role, P, Q, L, A>,
  'db'
> & {
  readonly db: Kysely<Database>
  readonly json: OutputOf<J>
  readonly session: Pick<SessionControl<Database>, 'endAllOf' | 'accountChanged'>
  readonly mail: MailControl<Database>
  readonly record: (event: SecurityEvent, facts: EventFacts) => void
  readonly clientAddress: string
}

type Answered<R> = ApiAnswer<R> | Promise<ApiAnswer<R>>
type WithLoad = { readonly load: (...facts: never[]) => unknown }
type NoNames = Record<never, never>

/** GET and HEAD. Access that needs the object demands `load`, and an object with an `ownerId`. */
export type ApiGet<Database, Role extends string, Prefix extends string> = {
  <
    const Path extends string,
    A extends ObjectAccess,
    L extends Owned,
    R extends Schema | Nothing,
    P extends Schemas = NoNames,
    Q extends Schemas = NoNames,
  >(
    path: Path,
    spec: ApiSpec<`${Prefix}${Path}`, Database, Role, P, Q, L, A, R> & WithLoad,
    handler: (known: ApiKnown<Database, Role, P, Q, L, A>) => Answered<R>,
  ): void
  <
    const Path extends string,
    A extends PlainAccess,
    R extends Schema | Nothing,
    P extends Schemas = NoNames,
    Q extends Schemas = NoNames,
    L = undefined,
  >(
    path: Path,
    spec: ApiSpec<`${Prefix}${Path}`, Database, Role, P, Q, L, A, R>,
    handler: (known: ApiKnown<Database, Role, P, Q, L, A>) => Answered<R>,
  ): void
}

/** POST, PUT, PATCH and DELETE. */
export type ApiWrite<Database, Role extends string, Prefix extends string> = {
  <
    const Path extends string,
    A extends ObjectAccess,
    L extends Owned,
    R extends Schema | Nothing,
    J extends Schema = never,
    P extends Schemas = NoNames,
    Q extends Schemas = NoNames,
  >(
    path: Path,
    spec: ApiWriteSpec<`${Prefix}${Path}`, Database, Role, P, Q, L, A, R, J> & WithLoad,
    handler: (known: ApiWriting<Database, Role, P, Q, L, A, J>) => Answered<R>,
  ): void
  <
    const Path extends string,
    A extends PlainAccess,
    R extends Schema | Nothing,
    J extends Schema = never,
    P extends Schemas = NoNames,
    Q extends Schemas = NoNames,
    L = undefined,
  >(
    path: Path,
    spec: ApiWriteSpec<`${Prefix}${Path}`, Database, Role, P, Q, L, A, R, J>,
    handler: (known: ApiWriting<Database, Role, P, Q, L, A, J>) => Answered<R>,
  ): void
}

/** Of a whole API: `api('/api/v1', …)`. */
export type ApiOptions = {
  /** Stands at the head of its documentation. */
  readonly title: string
  readonly version?: string
  /** Who may read its description at `/openapi.json` and `/docs` under the prefix. */
  readonly documentation: Anyone | FreshlySignedIn | PlainAccess | 'not served'
  /** Origins whose scripts may read answers: exact ones, never with cookies. None when left out. */
  readonly origins?: readonly string[]
  /** `required`: tokens count only with a proof of the key that they are bound to (RFC 9449). */
  readonly proofOfPossession?: 'required' | 'where bound'
}

/** A group of routes under one prefix, for programs with a token. */
export type Api<Database, Role extends string, Prefix extends string> = {
  readonly prefix: Prefix
  readonly routes: readonly RouteRecord[]
  readonly api: ApiOptions
  readonly get: ApiGet<Database, Role, Prefix>
  readonly post: ApiWrite<Database, Role, Prefix>
  readonly put: ApiWrite<Database, Role, Prefix>
  readonly patch: ApiWrite<Database, Role, Prefix>
  readonly delete: ApiWrite<Database, Role, Prefix>
}

/** What the pipeline keeps of all that, types left behind. */
export type ApiRecord = {
  readonly handle: (known: never) => unknown
  readonly summary: string
  readonly description: string | undefined
  readonly json: Schema | undefined
  /** undefined: the answer has no body. */
  readonly returns: Schema | undefined
  readonly version: ((resource: never) => string) | undefined
  readonly idempotency: Idempotency | undefined
}

/** The schemas of a route as JSON Schema, read once at start. */
export type ApiShapes = {
  readonly json: JsonSchema | undefined
  readonly returns: JsonSchema | undefined
}
