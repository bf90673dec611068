/**
 * The response headers, built once at start as flat arrays of name, value, name, value.
 *
 * Stops framing and clickjacking, type confusion, leaks by Referer, cross-origin reads and window
 * handles, downgrade to plain HTTP, and private pages left in caches (ASVS 3.4, 3.5.8, 14.3.2).
 * Never sent: X-XSS-Protection (its filter was itself an attack), Server, X-Powered-By, any
 * Access-Control-Allow-Origin.
 *
 * Does not add Content-Type, Vary or cookies: those belong to the single answer.
 */
import { type CheckedHeaderOptions, checkHeaderOptions, type HeaderOptions } from './options.ts'
import { pagePolicy, permissionsPolicy, reportGroup, resourcePolicy } from './policy.ts'

export type HeaderSets = {
  readonly options: CheckedHeaderOptions
  /** Of every page, without Content-Security-Policy and Cache-Control. */
  readonly pageBase: readonly string[]
  /** Pages with something personal, error pages, redirects. Never stored. */
  readonly privatePage: readonly string[]
  /** Pages that are the same for everybody: kept by the browser alone, asked for again each time. */
  readonly anonymousPage: readonly string[]
  /** Answers for programs: JSON, problems. Never stored. */
  readonly data: readonly string[]
  /** Files whose name holds a hash of their content. */
  readonly immutableFile: readonly string[]
  /** Files under a fixed name. */
  readonly revalidatedFile: readonly string[]
  /**
   * To be added when somebody signs out (ASVS 14.3.1). Not `"cookies"`: that would also take the
   * cookies of every neighbouring host of the registrable domain; ours is expired by its name.
   */
  readonly signOut: readonly string[]
}

const noStore = ['Cache-Control', 'no-store']

/** Throws Misconfiguration. */
export function buildHeaders(options: HeaderOptions): HeaderSets {
  const checked = checkHeaderOptions(options)
  const common = commonHeaders(checked)
  const pageBase = [
    ...common,
    ...['Permissions-Policy', permissionsPolicy],
    ...['Reporting-Endpoints', `${reportGroup}="${checked.reportPath}"`],
  ]
  const page = [...pageBase, 'Content-Security-Policy', pagePolicy(checked, undefined)]
  const resource = [...common, 'Content-Security-Policy', resourcePolicy(checked)]
  return Object.freeze({
    options: checked,
    pageBase: Object.freeze(pageBase),
    privatePage: Object.freeze([...page, ...noStore]),
    anonymousPage: Object.freeze([...page, 'Cache-Control', 'private, no-cache']),
    data: Object.freeze([...resource, ...noStore]),
    immutableFile: Object.freeze([
      ...resource,
      ...['Cache-Control', 'public, max-age=31536000, immutable'],
    ]),
    revalidatedFile: Object.freeze([...resource, 'Cache-Control', 'public, no-cache']),
    signOut: Object.freeze(['Clear-Site-Data', '"cache", "storage"']),
  })
}

const twoYearsSeconds = 63_072_000

function commonHeaders({ https }: CheckedHeaderOptions): readonly string[] {
  return [
    // Browsers ignore it over plain HTTP (RFC 6797 section 7.2 forbids sending it there).
    ...(https
      ? ['Strict-Transport-Security', `max-age=${twoYearsSeconds}; includeSubDomains`]
      : []),
    ...['X-Content-Type-Options', 'nosniff'],
    // Not no-referrer: under that, browsers send `Origin: null` with our own forms (Fetch, `Origin` header).
    ...['Referrer-Policy', 'same-origin'],
    ...['Cross-Origin-Opener-Policy', 'same-origin'],
    ...['Cross-Origin-Embedder-Policy', 'require-corp'],
    ...['Cross-Origin-Resource-Policy', 'same-origin'],
    ...['Origin-Agent-Cluster', '?1'],
    ...['X-Frame-Options', 'DENY'],
  ]
}
