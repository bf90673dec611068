/**
 * GET routes that may write: where a browser sets out for a provider of sign-ins, and where it comes
 * back. The library's own; no kit makes them, so that a GET of an application changes nothing
 * (ASVS 3.5.3). What takes the place of origin and form token is the handler's to prove: a secret
 * that was bound to this browser before. HEAD is refused: what a preview asks for uses nothing up.
 */
import type { DemijohnTables } from '../data/tables.ts'
import type { AccessRule } from '../defences/access/decide.ts'
import type { Limit } from '../defences/limits/options.ts'
import type { Answer, LibraryAnswer } from './answer.ts'
import type { FlowControl } from './flowControl.ts'
import type { Known, Parsed, Person, RouteRecord, Schemas } from './route.ts'
import type { Writing } from './writing.ts'

type Spec<P, Q> = {
  readonly access: AccessRule
  readonly params: P
  readonly query: Q
  readonly limit: Limit
  /** Names in the query that nobody here has declared are left aside: RFC 6749 section 4.1.2. */
  readonly hasForeignQuery?: true
}

export type LandingFacts<P = unknown, Q = unknown> = Omit<
  Known<DemijohnTables, string, P, Q, undefined, Person | null>,
  'db'
> &
  Writing<DemijohnTables> & {
    readonly flow: FlowControl
    /** As the browser sent them. */
    readonly fetchSite: string | undefined
    readonly fetchDest: string | undefined
  }

type Handler<P, Q> = (
  facts: LandingFacts<Parsed<P>, Parsed<Q>>,
) => Promise<Answer | LibraryAnswer> | Answer | LibraryAnswer

export function landing<P extends Schemas, Q extends Schemas>(
  path: `/${string}`,
  spec: Spec<P, Q>,
  handle: Handler<P, Q>,
): RouteRecord {
  const { access, params, query, limit, hasForeignQuery = false } = spec
  return Object.freeze({
    ...({ path, method: 'GET', access, params, query, limits: [limit] } as const),
    ...{
      credential: 'session',
      body: 'none',
      api: undefined,
      load: undefined,
      fields: undefined,
      initial: undefined,
      page: undefined,
    },
    handle,
    ...{ landing: true, hasForeignQuery },
  } satisfies RouteRecord)
}
