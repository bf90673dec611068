/**
 * The kit: an application binds its database types and its roles once, and writes every route with
 * what comes out. Everything here is types and records; nothing runs until `compile` reads it.
 */
import {
  type Actor,
  decideObject,
  decidePermission,
  type Owned,
} from '../defences/access/decide.ts'
import type { OwnablePermissionOf, PermissionOf, Roles } from '../defences/access/roles.ts'
import type { RouteLimits } from '../defences/limits/options.ts'
import type { Fields } from '../html/form.ts'
import type { MailContent } from '../mail/message.ts'
import { createApi } from './api/blueprint.ts'
import type { Api, ApiOptions } from './api/types.ts'
import { type Duration, parseDuration } from './duration.ts'
import type {
  Access,
  ActionSpec,
  Anyone,
  Enrolling,
  EveryObject,
  FormSpec,
  GetHandler,
  HalfSignedIn,
  LoadFacts,
  May,
  ObjectAccess,
  OwnObjects,
  Person,
  PlainAccess,
  Reader,
  Refreshable,
  RouteRecord,
  RouteSpec,
  Schemas,
  SignedIn,
} from './route.ts'
import type { TokenSettings } from './tokenSettings.ts'

type MayOf<Table, P extends string> = May<
  P,
  P extends OwnablePermissionOf<Table> ? OwnObjects : EveryObject
>

type NoNames = Record<never, never>

/**
 * A group of routes under one prefix, for people with a session cookie. Each kind of route has two
 * forms: access that needs the object demands `load`, and an object with an `ownerId`.
 */
export type Blueprint<Database, Role extends string, Prefix extends string> = {
  readonly prefix: Prefix
  readonly routes: readonly RouteRecord[]

  /** A page: GET and HEAD. */
  readonly get: {
    <
      const Path extends string,
      A extends ObjectAccess,
      L extends Owned,
      P extends Schemas = NoNames,
      Q extends Schemas = NoNames,
    >(
      path: Path,
      spec: RouteSpec<`${Prefix}${Path}`, Database, Role, P, Q, L, A> & WithLoad,
      handler: GetHandler<Database, Role, P, Q, L, A>,
    ): void
    <
      const Path extends string,
      A extends PlainAccess,
      P extends Schemas = NoNames,
      Q extends Schemas = NoNames,
      L = undefined,
    >(
      path: Path,
      spec: RouteSpec<`${Prefix}${Path}`, Database, Role, P, Q, L, A>,
      handler: GetHandler<Database, Role, P, Q, L, A>,
    ): void
  }

  /** A page with a form: GET shows it, POST takes it or shows it again with errors. */
  readonly form: {
    <
      const Path extends string,
      F extends Fields,
      A extends ObjectAccess,
      L extends Owned,
      P extends Schemas = NoNames,
      Q extends Schemas = NoNames,
    >(
      path: Path,
      spec: FormSpec<`${Prefix}${Path}`, Database, Role, P, Q, L, A, F> & WithLoad,
    ): void
    <
      const Path extends string,
      F extends Fields,
      A extends PlainAccess,
      P extends Schemas = NoNames,
      Q extends Schemas = NoNames,
      L = undefined,
    >(
      path: Path,
      spec: FormSpec<`${Prefix}${Path}`, Database, Role, P, Q, L, A, F>,
    ): void
  }

  /** A button: POST alone. Bad input is answered with an error page, for it cannot be typed wrong. */
  readonly action: {
    <
      const Path extends string,
      A extends ObjectAccess,
      L extends Owned,
      P extends Schemas = NoNames,
      Q extends Schemas = NoNames,
      F extends Fields = NoNames,
    >(
      path: Path,
      spec: ActionSpec<`${Prefix}${Path}`, Database, Role, P, Q, L, A, F> & WithLoad,
    ): void
    <
      const Path extends string,
      A extends PlainAccess,
      P extends Schemas = NoNames,
      Q extends Schemas = NoNames,
      L = undefined,
      F extends Fields = NoNames,
    >(
      path: Path,
      spec: ActionSpec<`${Prefix}${Path}`, Database, Role, P, Q, L, A, F>,
    ): void
  }
}

type WithLoad = { readonly load: (...facts: never[]) => unknown }

/** What `project` takes: a blueprint with its types left behind. */
export type AnyBlueprint = {
  readonly prefix: string
  readonly routes: readonly RouteRecord[]
  /** What holds for all of its routes, where they are for programs. */
  readonly api?: ApiOptions
  /** What the owner of an account is told when a copy of a remember token has shown. */
  readonly theftMail?: () => Omit<MailContent, 'to'>
  /** Of the blueprint of tokens: which apps there are, and what its mails say. */
  readonly tokens?: TokenSettings
  /** What keeps it from running here, each with its remedy: asked once, at start. */
  readonly startProblems?: (facts: { readonly isDevelopment: boolean }) => readonly string[]
}

export type Kit<Database, Table> = {
  /** Signed in or not. */
  readonly anyone: Anyone
  /** Any person with a session, whatever the role. */
  readonly signedIn: SignedIn
  /** Holders of a permission; held as `:own`, the route has to load the object. */
  readonly may: <const P extends PermissionOf<Table>>(permission: P) => MayOf<Table, P>
  readonly blueprint: <const Prefix extends `/${string}` | ''>(
    prefix: Prefix,
  ) => Blueprint<Database, keyof Table & string, Prefix>
  /** A group of routes for programs, with a token instead of a cookie. */
  readonly api: <const Prefix extends `/${string}`>(
    prefix: Prefix,
    options: ApiOptions,
  ) => Api<Database, keyof Table & string, Prefix>
  /** Asks what a route would decide: for showing a button, never instead of `access`. */
  readonly can: (user: Actor, permission: PermissionOf<Table>, object?: Owned) => boolean
  readonly roles: Roles<Table>
}

/** The types of a kit's handlers, for data functions and views: `KitTypes<typeof kit>['Person']`. */
export type KitTypes<K> =
  K extends Kit<infer Database, infer Table>
    ? {
        readonly Person: Person<keyof Table & string>
        readonly Reader: Reader<Database>
        readonly LoadFacts: LoadFacts<Database, keyof Table & string, unknown>
        readonly Role: keyof Table & string
      }
    : never

export const anyone: Anyone = Object.freeze({ kind: 'anyone' })
export const signedIn: SignedIn = refreshable({ kind: 'signed-in' })
/** For the library's own pages that finish a sign-in; no application has a use for it. */
export const halfSignedIn: HalfSignedIn = Object.freeze({ kind: 'half-signed-in' })
/** For the library's own pages that set up a second factor, which asks for a fresh sign-in. */
export const enrolling: Enrolling = Object.freeze({
  kind: 'enrolling',
  freshMilliseconds: parseDuration('10 minutes'),
})

/** Gives a rule its `fresh`: a copy of it that asks for a recent proof of who somebody is. */
function refreshable<Rule extends object>(rule: Rule): Rule & Refreshable<Rule> {
  return Object.freeze({
    ...rule,
    fresh: (duration: Duration) =>
      Object.freeze({ ...rule, freshMilliseconds: parseDuration(duration) }),
  })
}

/** Binds the database's types; call the result with the roles: `kit<Database>()({ roles })`. */
export function kit<Database>() {
  return <const Table>(options: { readonly roles: Roles<Table> }): Kit<Database, Table> => {
    const { roles } = options
    return Object.freeze({
      anyone,
      signedIn,
      may: <const P extends PermissionOf<Table>>(permission: P) =>
        // The condition on P is decided by the type system from the same table as the value is here.
        refreshable({
          kind: 'may',
          permission,
          reaches: roles.names.some((name) => roles.reach(name, permission) === 'own')
            ? 'held as :own by some role: give the route a `load` that returns an ownerId'
            : 'reaches every object',
        }) as MayOf<Table, P>,
      blueprint: <const Prefix extends `/${string}` | ''>(prefix: Prefix) =>
        createBlueprint<Database, keyof Table & string, Prefix>(prefix),
      api: <const Prefix extends `/${string}`>(prefix: Prefix, apiOptions: ApiOptions) =>
        createApi<Database, keyof Table & string, Prefix>(prefix, apiOptions),
      can: (user: Actor, permission: PermissionOf<Table>, object?: Owned) => {
        if (user === null) return false
        const verdict = decidePermission({ permission }, user, roles.reach)
        return verdict === 'decide-on-object' ? decideObject(user, object).allowed : verdict.allowed
      },
      roles,
    })
  }
}

/** What every kind of route has in common, types left behind. */
type AnySpec = {
  readonly params?: Schemas | undefined
  readonly query?: Schemas | undefined
  readonly load?: RouteRecord['load']
  readonly access: Access
  readonly limit?: RouteLimits | undefined
}

type AnyForm = {
  readonly fields?: Fields | undefined
  readonly initial?: RouteRecord['initial']
  readonly page: RouteRecord['page']
  readonly submit: RouteRecord['handle']
}

/** A blueprint outside of a kit, for the library's own features. */
export function createBlueprint<Database, Role extends string, Prefix extends string>(
  prefix: Prefix,
): Blueprint<Database, Role, Prefix> {
  const routes: RouteRecord[] = []

  function add(
    method: 'GET' | 'POST',
    path: string,
    spec: AnySpec,
    rest: Partial<Pick<RouteRecord, 'fields' | 'initial' | 'page' | 'handle'>>,
  ): void {
    const limits = spec.limit === undefined ? [] : [spec.limit].flat()
    routes.push(
      Object.freeze({
        path: `${prefix}${path}` === '' ? '/' : `${prefix}${path}`,
        method,
        credential: 'session',
        access: spec.access,
        params: spec.params ?? {},
        query: spec.query ?? {},
        body: method === 'GET' ? 'none' : 'page-form',
        limits,
        load: spec.load,
        fields: rest.fields,
        initial: rest.initial,
        page: rest.page,
        handle: rest.handle,
        api: undefined,
      }),
    )
  }

  return {
    prefix,
    routes,
    get: (path: string, spec: AnySpec, handler: RouteRecord['handle']) =>
      add('GET', path, spec, { handle: handler }),
    form: (path: string, spec: AnySpec & AnyForm) => {
      const shared = { fields: spec.fields, initial: spec.initial, page: spec.page }
      // A form's limit counts what is sent: looking at the page again costs nobody's allowance.
      add('GET', path, { ...spec, limit: undefined }, shared)
      add('POST', path, spec, { ...shared, handle: spec.submit })
    },
    action: (path: string, spec: AnySpec & Omit<AnyForm, 'page'>) =>
      add('POST', path, spec, { fields: spec.fields ?? {}, handle: spec.submit }),
  }
}
