/** The response fields of CORS (Fetch standard, section 3.3.3). All values are ours. */
import type { CorsVerdict } from './decide.ts'

/** What pages may send along, in lower case; what Fetch lets them send anyway is not named. */
export const requestFields: ReadonlySet<string> = new Set([
  'authorization',
  'content-type',
  'dpop',
  'idempotency-key',
  'if-match',
  'if-none-match',
])

/** What pages may read, besides what Fetch lets them read anyway. */
const exposed = [
  'ETag',
  'Location',
  'Link',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'X-Request-Id',
  'DPoP-Nonce',
  'WWW-Authenticate',
].join(', ')

/** How long a browser may remember our answer: as long as a list that was shortened is still believed. */
const maxAgeSeconds = 600

type Fields = Readonly<Record<string, string>>

/**
 * For every answer of a blueprint with CORS, refusals too. Vary is there even where nothing else is,
 * or a cache would hand an answer without the fields to a page that needs them, and the other way
 * round (GHSA-q7jf-gf43-6x6p). It is to be joined with any other Vary.
 */
export function corsFields(verdict: CorsVerdict): Fields {
  if (verdict.kind !== 'allowed') return { Vary: 'Origin' }
  return {
    'Access-Control-Allow-Origin': verdict.origin,
    'Access-Control-Expose-Headers': exposed,
    Vary: 'Origin',
  }
}

/** For the answer to a preflight that was allowed; it has no content and is a 204. */
export function preflightFields(origin: string, methods: readonly string[]): Fields {
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Allow-Headers': [...requestFields].join(', '),
    'Access-Control-Max-Age': String(maxAgeSeconds),
    Vary: 'Origin',
  }
}
