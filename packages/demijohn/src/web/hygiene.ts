/**
 * What Node accepts and we do not: the first look at a request, before anything else reads it.
 *
 * Stops request smuggling and two readers disagreeing about one request: conflicting or malformed
 * framing (RFC 9112 section 6.3, ASVS 4.2.1), headers that may stand once standing twice, control
 * characters (RFC 9110 section 5.5), methods and target forms that no route is for (ASVS 4.1.4),
 * foreign Host names, ambiguous paths (`canonicalPath`), expectations that nobody here meets.
 *
 * Headers that are lists (Accept, If-None-Match, X-Forwarded-For and every unknown name) may
 * repeat; their values are joined with a comma in the order sent (RFC 9110 section 5.3). Singletons
 * that carry a decision are refused when repeated, whether or not the values agree. Cookie is one
 * of them: only HTTP/2 may split it (RFC 9113 section 8.2.3).
 *
 * Does not see bytes that the parser has already dropped; `serve` sets that parser's limits.
 */
import { isRefusal, type Refusal, refuse } from '../core/refusals.ts'
import { parseTarget } from './canonicalPath.ts'
import { consistsOf, isBlank, isToken, trimBlanks, valueCharacters } from './grammar.ts'
import { checkHost, type Hosts } from './host.ts'
import type { HeaderMap, WireRequest } from './wire.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

export type RequestHead = {
  readonly method: Method
  /** Canonical and decoded: see `canonicalPath`. */
  readonly path: string
  /** Without its `?`, still encoded. */
  readonly rawQuery: string
  readonly headers: HeaderMap
  /** `host[:port]` in lower case, one of ours. */
  readonly host: string
}

/** Browsers send about 20. Fewer than Node's own `maxHeadersCount`, which drops silently. */
const maxHeaders = 100

const singleNames = [
  'Host',
  'Content-Length',
  'Content-Type',
  'Content-Encoding',
  'Transfer-Encoding',
  'Origin',
  'Referer',
  'Sec-Fetch-Site',
  'Sec-Fetch-Mode',
  'Sec-Fetch-Dest',
  'Sec-Fetch-User',
  'Authorization',
  'Proxy-Authorization',
  'DPoP',
  'Idempotency-Key',
  'Access-Control-Request-Method',
  'Cookie',
  'Expect',
  'User-Agent',
  'Range',
  'If-Range',
  'If-Modified-Since',
  'If-Unmodified-Since',
  'X-CSRF-Token',
  'X-Forwarded-Proto',
]
const listNames = [
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Cache-Control',
  'Connection',
  'If-Match',
  'If-None-Match',
  'Pragma',
  'Priority',
  'Upgrade-Insecure-Requests',
  'X-Forwarded-For',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
]

const singles: ReadonlySet<string> = new Set(singleNames.map((name) => name.toLowerCase()))

/** From a name as commonly sent to its lower case. Fixed: what clients send never makes it grow. */
const commonNames: ReadonlyMap<string, string> = new Map(
  [...singleNames, ...listNames].flatMap((name) => [
    [name, name.toLowerCase()],
    [name.toLowerCase(), name.toLowerCase()],
  ]),
)

/** Reads method, target and headers of a request, or refuses it. Linear in the headers' length. */
export function readHead(
  wire: WireRequest,
  options: { readonly hosts: Hosts },
): RequestHead | Refusal {
  if (wire.httpVersion !== '1.1') return refuse('request.version')
  if (!isMethod(wire.method)) return refuse('request.method', { headers: known })
  const target = parseTarget(wire.target)
  if (typeof target === 'string') return refuse(target)
  const headers = readHeaders(wire.rawHeaders)
  if (isRefusal(headers)) return headers
  const framing = checkFraming(headers)
  if (framing !== undefined) return framing
  // Node takes `100-continue, x` for an expectation that it can meet.
  const expectation = headers.get('expect')
  if (expectation !== undefined && expectation.toLowerCase() !== '100-continue') {
    return refuse('request.expectation')
  }
  const host = checkHost(headers.get('host'), options.hosts)
  if (typeof host !== 'string') return host
  return { method: wire.method, path: target.path, rawQuery: target.rawQuery, headers, host }
}

/** What some route or other takes; a 405 has to say so (RFC 9110 section 15.5.6). */
const known = Object.freeze({ Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' })

/** Methods are case-sensitive (RFC 9110 section 9.1): `get` is another method than `GET`. */
function isMethod(method: string): method is Method {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'POST':
    case 'PUT':
    case 'PATCH':
    case 'DELETE':
    case 'OPTIONS':
      return true
    default:
      return false
  }
}

function readHeaders(raw: readonly string[]): Map<string, string> | Refusal {
  if (raw.length > maxHeaders * 2) return refuse('request.header', { detail: 'too many headers' })
  const headers = new Map<string, string>()
  for (let i = 0; i < raw.length; i += 2) {
    const sentName = raw[i] ?? ''
    const sentValue = raw[i + 1] ?? ''
    const name = commonNames.get(sentName) ?? readName(sentName)
    if (name === undefined) return refuse('request.header', { detail: 'name is not a token' })
    if (!consistsOf(sentValue, valueCharacters)) {
      return refuse('request.header', { detail: 'value has control characters' })
    }
    const value = isTrimmed(sentValue) ? sentValue : trimBlanks(sentValue)
    const earlier = headers.get(name)
    if (earlier === undefined) headers.set(name, value)
    else if (singles.has(name)) return refuseRepeated(name)
    else headers.set(name, `${earlier}, ${value}`)
  }
  return headers
}

function readName(sent: string): string | undefined {
  return isToken(sent) ? sent.toLowerCase() : undefined
}

function isTrimmed(value: string): boolean {
  return !isBlank(value.charCodeAt(0)) && !isBlank(value.charCodeAt(value.length - 1))
}

function refuseRepeated(name: string): Refusal {
  const framing = name === 'content-length' || name === 'transfer-encoding'
  return refuse(framing ? 'request.framing' : 'request.header', { detail: `${name} repeated` })
}

/** 15 digits stay within what a double counts exactly. */
const lengthShape = /^\d{1,15}$/

/**
 * One way to tell where the body ends. `chunked` in this very spelling: the coding's name is
 * case-insensitive by RFC 9112 section 7, but an intermediary that misreads `Chunked` smuggles.
 */
function checkFraming(headers: HeaderMap): Refusal | undefined {
  const length = headers.get('content-length')
  const coding = headers.get('transfer-encoding')
  if (coding !== undefined) {
    if (length !== undefined) return refuse('request.framing', { detail: 'both framings' })
    if (coding !== 'chunked') return refuse('request.framing', { detail: 'coding not chunked' })
  }
  if (length !== undefined && !lengthShape.test(length)) {
    return refuse('request.framing', { detail: 'length malformed' })
  }
  return undefined
}
