/**
 * Says which pages of other sites may read what is answered here (Fetch standard, section 3.3;
 * ASVS 3.4.2).
 *
 * Stops a page elsewhere from using the API with a token that it has no right to have: an Origin
 * that is not on the list is refused, not merely left without fields. Origins are compared as text,
 * exactly, so that no prefix, suffix, port, letter case, trailing dot or `null` comes near to one.
 * What stands in the answer is taken from our list. Whoever sends no Origin is no page of another
 * site, and proves itself by its token.
 *
 * Does not stop programs, which send whichever Origin they like. Never lets cookies be sent along
 * (no Access-Control-Allow-Credentials), and opens no private network to a public page.
 */

export type CorsVerdict =
  /** No Origin: no page of another site. */
  | { readonly kind: 'none' }
  | { readonly kind: 'own' }
  | {
      readonly kind: 'allowed'
      /** The entry of the list, not what was sent. */
      readonly origin: string
    }
  | { readonly kind: 'refused' }

const none: CorsVerdict = Object.freeze({ kind: 'none' })
const own: CorsVerdict = Object.freeze({ kind: 'own' })
const refused: CorsVerdict = Object.freeze({ kind: 'refused' })

export type CorsFacts = {
  /** The Origin field as sent; undefined where there is none. */
  readonly origin: string | undefined
  readonly ownOrigins: ReadonlySet<string>
  /** Empty for a blueprint without CORS: there every other origin is refused. */
  readonly allowedOrigins: readonly string[]
}

export function decideCors({ origin, ownOrigins, allowedOrigins }: CorsFacts): CorsVerdict {
  if (origin === undefined) return none
  if (ownOrigins.has(origin)) return own
  const found = allowedOrigins.find((one) => one === origin)
  return found === undefined ? refused : { kind: 'allowed', origin: found }
}

export type PreflightFacts = CorsFacts & {
  /** Access-Control-Request-Method; an OPTIONS without it is no preflight. */
  readonly requestMethod: string | undefined
  /** Access-Control-Request-Headers. */
  readonly requestHeaders: string | undefined
  /** What the path takes, in capitals. */
  readonly methods: readonly string[]
  /** In lower case: what of fields a page may send along. */
  readonly headers: ReadonlySet<string>
}

export type PreflightVerdict =
  | { readonly allowed: true; readonly origin: string }
  | { readonly allowed: false; readonly reason: PreflightReason }

/** `no-preflight` is an ordinary OPTIONS; the others are refused, and the word is for the log. */
export type PreflightReason = 'no-preflight' | 'origin' | 'method' | 'headers'

/** Decides about a request that a browser asks permission for. An own origin needs none. */
export function decidePreflight(facts: PreflightFacts): PreflightVerdict {
  const { requestMethod, requestHeaders = '', methods, headers } = facts
  const verdict = decideCors(facts)
  if (requestMethod === undefined || verdict.kind === 'none' || verdict.kind === 'own') {
    return no('no-preflight')
  }
  if (verdict.kind === 'refused') return no('origin')
  // Methods are case-sensitive (RFC 9110 section 9.1).
  if (!methods.includes(requestMethod)) return no('method')
  if (!areAllowed(requestHeaders, headers)) return no('headers')
  return { allowed: true, origin: verdict.origin }
}

function no(reason: PreflightReason): PreflightVerdict {
  return { allowed: false, reason }
}

/** All names that we allow take a third of this. */
const maxRequestHeaders = 512

/** Bounded before it is read: long lists made preflights of other frameworks slow. */
function areAllowed(requestHeaders: string, allowed: ReadonlySet<string>): boolean {
  if (requestHeaders.length > maxRequestHeaders) return false
  if (requestHeaders === '') return true
  return requestHeaders.split(',').every((name) => allowed.has(name.trim().toLowerCase()))
}
