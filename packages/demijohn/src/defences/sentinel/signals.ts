/**
 * What the sentinel hears: a closed list of signals, made from the framework's own refusals and from
 * what was served. It never reads a request itself, so it sees what the defences saw and nothing else.
 *
 * Source: the OWASP Automated Threats handbook names what each attack looks like from the server.
 * A signal accuses nobody: each of these happens to honest people too. Detectors count.
 *
 * Does not hear what never reached the framework: connections that were cut, bytes before TLS.
 */
import type { RefusalCode } from '../../core/refusals.ts'

/** A short keyed hash of what is counted (`prints.ts`), never the thing itself. */
export type Print = number

/** Signals about a path or an object: how many different ones there were is what counts. */
export type TargetSignal =
  /** A page was served. */
  | 'page.read'
  /** A path without a route. */
  | 'route.unknown'
  /** The same, but one that scanners ask for and people do not. */
  | 'route.scanner'
  /** A path that no page links to, declared as a trap. */
  | 'honey.path'
  /** An object that does not exist. */
  | 'object.missing'
  /** Signed in well enough, and yet not allowed to. */
  | 'access.refused'

export type PlainSignal =
  /** A field that no person sees was filled in. Password managers do that at times. */
  | 'honey.field'
  /** Framing, headers or targets that no browser sends. */
  | 'framing.malformed'
  | 'csrf.refused'
  /** A field that the page does not have, or a body that is none: no form of ours sends it. */
  | 'input.foreign'
  /** A field that its schema refused: people mistype. */
  | 'input.refused'
  /** A one-time link or token that was used before. */
  | 'token.replayed'
  /** A session or token that came back from a network that it had left. */
  | 'token.two-networks'

/** The canonical address that it comes from, and when, in UTC milliseconds. */
type From = { readonly address: string; readonly at: number }

export type Signal =
  | (From & {
      readonly kind: 'sign-in.failed'
      readonly account: Print
      /** Undefined where no password was given: a code, a link. */
      readonly password: Print | undefined
    })
  | (From & { readonly kind: 'sign-in.succeeded'; readonly account: Print })
  | (From & { readonly kind: TargetSignal; readonly target: Print })
  | (From & { readonly kind: PlainSignal })

/** What each refusal means here; a new code does not compile until somebody has decided. */
const meanings = {
  'request.version': 'framing.malformed',
  'request.method': 'framing.malformed',
  'request.framing': 'framing.malformed',
  'request.header': 'framing.malformed',
  'request.expectation': 'framing.malformed',
  'request.header-too-large': null,
  'request.target': 'framing.malformed',
  'request.target-too-long': null,
  // Dot segments are a scanner's, for browsers resolve them; a link with two slashes is a mistake.
  'request.path-ambiguous': 'route.unknown',
  // Whoever asks for a name that is not ours may have been sent here by a stale DNS record.
  'request.host': null,
  'server.stopping': null,
  'server.busy': null,
  'route.unknown': 'route.unknown',
  // Office programs ask OPTIONS and PROPFIND of whatever they link to.
  'route.method': 'input.refused',
  // Counted by the limit already; a client that is only hasty is no attacker.
  'limit.exceeded': null,
  // Its own answers: counted where they are given.
  'sentinel.slow': null,
  'sentinel.challenge': null,
  'sentinel.banned': null,
  // As with cors.origin-refused below.
  'csrf.cross-site': null,
  'csrf.token-missing': 'csrf.refused',
  'csrf.token-invalid': 'csrf.refused',
  // The page that asks is to blame, and whoever looks at it did nothing.
  'cors.origin-refused': null,
  // The ordinary end of a session. Whoever walks through them learns only that routes exist.
  'access.sign-in-required': null,
  'access.second-factor-required': null,
  'access.enrolment-required': null,
  'access.step-up-required': null,
  'access.forbidden': 'access.refused',
  // An app that asks for more than it was given: it asks the same the next time.
  'access.scope-insufficient': null,
  'token.missing': null,
  'token.malformed': 'input.foreign',
  // The ordinary end of a token, most of the time.
  'token.invalid': null,
  'token.proof-missing': null,
  'token.proof-invalid': null,
  // As a form token that is not the session's.
  'openid.flow': 'csrf.refused',
  'openid.declined': null,
  // Made up, most likely, unless the provider is at fault.
  'openid.answer': 'input.refused',
  'openid.unavailable': null,
  'resource.not-found': 'object.missing',
  // Two people at work on one thing, and programs that repeat themselves, as they should.
  'resource.conflict': null,
  'precondition.failed': null,
  'precondition.malformed': 'input.foreign',
  'precondition.required': null,
  'idempotency.key-malformed': 'input.foreign',
  'idempotency.key-missing': null,
  'idempotency.in-progress': null,
  'idempotency.outcome-unknown': null,
  'idempotency.mismatch': null,
  'idempotency.too-many': null,
  'body.too-large': null,
  'body.unsupported-type': 'input.foreign',
  'body.malformed': 'input.foreign',
  // A slow line, most likely.
  'body.timeout': null,
  'input.unknown-field': 'input.foreign',
  'input.duplicate-field': 'input.foreign',
  'input.invalid': 'input.refused',
  'fault.unexpected': null,
} as const satisfies Record<RefusalCode, TargetSignal | PlainSignal | null>

/** The signal of a refusal; null where it says nothing about the sender. */
export function signalOfRefusal(code: RefusalCode): TargetSignal | PlainSignal | null {
  return meanings[code]
}

/**
 * What vulnerability scanners ask every site for, and what no browser and no honest crawler does: the
 * union of what the default lists of public scanners begin with. Compared in lower case with a path
 * that no route has. `/index.php`, icons, `robots.txt` and all of `/.well-known` are not among them:
 * old bookmarks, browsers and certificates ask for those.
 */
const scannerStarts = [
  ...['/.env', '/.git', '/.svn', '/.hg', '/.aws', '/.ssh', '/.ds_store', '/.vscode', '/.htpasswd'],
  ...['/wp-', '/wordpress/', '/xmlrpc.php', '/phpmyadmin', '/pma/', '/adminer', '/phpinfo'],
  ...['/cgi-bin/', '/actuator', '/server-status', '/solr/', '/jenkins', '/manager/html', '/hnap1'],
  ...[
    '/boaform',
    '/vendor/phpunit',
    '/_ignition',
    '/telescope/',
    '/console/',
    '/owa/',
    '/autodiscover',
  ],
  ...['/druid/', '/geoserver', '/nacos/', '/struts', '/invoker/', '/jmx-console', '/etc/passwd'],
]
const scannerEnds = [
  ...[
    '.asp',
    '.aspx',
    '.jsp',
    '.cgi',
    '.php7',
    '.phtml',
    '.sql',
    '.sql.gz',
    '.bak',
    '.old',
    '.swp',
  ],
  ...['.env', '.pem', '.key', '.tar.gz', '.tgz', '/config.php', '/shell.php', '/web.config'],
]

/** Dot segments, NUL and backslashes, plain or encoded once or twice: no browser sends them. */
const traversal =
  /(?:^|[/\\]|%(?:25)?(?:2f|5c))(?:\.|%(?:25)?2e){1,2}(?:$|[/\\]|%(?:25)?(?:2f|5c))|%(?:25)?(?:00|5c)|\\/i

/** True for a path that scanners probe. Only ask for paths that no route has. */
export function isScannerPath(path: string): boolean {
  const lower = path.length > 256 ? path.slice(0, 256).toLowerCase() : path.toLowerCase()
  return (
    traversal.test(lower) ||
    scannerStarts.some((start) => lower.startsWith(start)) ||
    scannerEnds.some((end) => lower.endsWith(end))
  )
}
