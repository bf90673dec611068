/** What the steps stand on: made once at start, frozen, the same for every request. */
import type { Kysely } from 'kysely'
import type { Random } from '../core/bytes.ts'
import type { Clock } from '../core/clock.ts'
import type { RefusalCode } from '../core/refusals.ts'
import type { DemijohnTables } from '../data/tables.ts'
import type { Reach } from '../defences/access/roles.ts'
import type { VisitorCookie } from '../defences/csrf/visitor.ts'
import type { HeaderSets } from '../defences/headers/sets.ts'
import type { BodyBudget, BodyClaim } from '../defences/input/budget.ts'
import type { LimitStore } from '../defences/limits/plan.ts'
import type { DeviceCookie, SessionCookie } from '../defences/sessions/cookie.ts'
import type { Devices } from '../defences/sessions/device.ts'
import type { Remembering } from '../defences/sessions/remember.ts'
import type { RememberCookie } from '../defences/sessions/rememberCookie.ts'
import type {
  FormKeys,
  SessionRecord,
  SessionStore,
  SessionUser,
} from '../defences/sessions/types.ts'
import type { TokenPrincipal, TokenReader } from '../defences/tokens/principal.ts'
import type { TokenControl } from '../defences/tokens/store/types.ts'
import type { Html } from '../html/template.ts'
import type { Log } from '../watch/log.ts'
import type { TrustedNetworks } from '../web/client.ts'
import type { Hosts } from '../web/host.ts'
import type { RequestHead } from '../web/hygiene.ts'
import type { WireReply, WireRequest } from '../web/wire.ts'
import type { Assets } from './assets.ts'
import type { RouteMatch, RouteTable } from './compile.ts'
import type { FlowCookie } from './flowControl.ts'
import type { SessionsReader, View } from './route.ts'
import type { SentinelParts } from './steps/sentinel.ts'
import type { MailControl, Sealed } from './writing.ts'

export type ErrorPageFacts = {
  readonly status: number
  readonly code: RefusalCode
  readonly title: string
  readonly remedy: string
  /** To be shown: people quote it, the log has it. */
  readonly requestId: string
  readonly view: View
}

/** Where somebody who looks at a page is led when there is something to do first. */
export type Detours = { readonly [Code in RefusalCode]?: `/${string}` }

export type Parts = {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly hosts: Hosts
  /** The site's own origin, first; in development it follows the loopback name that was asked for. */
  readonly originsOf: (head: RequestHead) => ReadonlySet<string>
  readonly trustedProxies: TrustedNetworks
  readonly table: RouteTable
  readonly reachOf: (role: string, permission: string) => Reach
  readonly limits: LimitStore
  readonly sentinel: SentinelParts
  readonly sessions: SessionStore
  readonly sessionsReader: SessionsReader
  readonly sessionCookie: SessionCookie
  readonly readToken: TokenReader
  readonly tokens: TokenControl
  readonly deviceCookie: DeviceCookie
  readonly devices: Devices
  readonly remembering: Remembering
  readonly rememberCookie: RememberCookie
  readonly flowCookie: FlowCookie
  /** Keys that the form tokens of somebody without a session are bound to. */
  readonly visitorKeysOf: (visitor: string) => FormKeys
  readonly visitorCookie: VisitorCookie
  readonly db: Kysely<DemijohnTables>
  readonly mail: MailControl<DemijohnTables>
  readonly sealed: Sealed
  readonly secondFactorRoles: ReadonlySet<string>
  readonly headers: HeaderSets
  readonly assets: Assets
  readonly asset: View['asset']
  readonly detours: Detours
  readonly errorPage: (facts: ErrorPageFacts) => Html
  readonly load: { inFlight: number; stopping: boolean; strained: boolean }
  readonly bodies: BodyBudget
}

/** Cookies and the like that the answer will carry, gathered on the way. */
export type Effects = {
  readonly cookies: string[]
  /** Names and values of fields that every answer carries, whatever comes of the request. */
  readonly fields: string[]
  clearSiteData: boolean
  /** The memory that the body takes, given back at the end. */
  body: BodyClaim | undefined
  /** The session that the answer belongs to, once a handler has signed in or out. */
  session: SessionRecord | null | undefined
}

/** Known before the first step. */
export type Arrival = {
  readonly wire: WireRequest
  readonly requestId: string
  /** UTC milliseconds, read once. */
  readonly now: number
  readonly effects: Effects
}

/** What the steps give, by step: see order.ts. */
export type WithHead = { readonly head: RequestHead }
export type WithClient = { readonly clientAddress: string }
export type WithMatch = { readonly match: RouteMatch }
export type WithCredential = {
  readonly session: SessionRecord | null
  /** The value of the visitor's cookie, where there is no session. */
  readonly visitor: string | undefined
  /** Who a token speaks for, on routes for programs. */
  readonly token: TokenPrincipal | null
}
export type WithVerdict = {
  readonly decideOnObject: boolean
  /** The person whom the route may take at their word: who is signed in, or finishing to do so. */
  readonly user: (SessionUser & { readonly scopes?: ReadonlySet<string> }) | null
}
export type WithInput = {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
}
export type WithBody = {
  /** Names and values of a form whose token was right; undefined where none was to be read. */
  readonly form: ReadonlyMap<string, string> | undefined
  /** A body of JSON, read but not yet held against its schema. */
  readonly json: unknown
  /** The text of a browser's report, for the one route that takes it. */
  readonly report: string | undefined
}
export type WithResource = { readonly resource: unknown }
export type WithReply = {
  readonly reply: WireReply
  /** Set when the answer is a form shown again with errors. */
  readonly invalid: boolean
}
