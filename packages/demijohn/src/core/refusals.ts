/**
 * Refusals: the framework's fixed answers to what it will not do.
 *
 * A refusal is a value, never thrown through the pipeline as an error. Its public text stands in
 * this table and never contains request data; `detail` goes to the log alone. Codes are part of
 * the public API: never renamed, never reused. `docs/errors.md` lists each of them.
 *
 * `event` is the name in the OWASP Application Logging Vocabulary under which it is logged.
 */

import { apiRefusals } from './apiRefusals.ts'
import { openIdRefusals } from './openIdRefusals.ts'

export type RefusalRow = {
  /** HTTP status code (RFC 9110 section 15). */
  readonly status: number
  /** What happened, for the person in front of the page. */
  readonly title: string
  /** What that person can do next. */
  readonly remedy: string
  /** Event of the OWASP logging vocabulary. */
  readonly event: string
}

const malformed = 'malicious_extraneous'

export const refusalTable = {
  'request.version': {
    // Not 505: a 5xx stays the sign of a fault of ours, for whoever watches the numbers.
    status: 400,
    title: 'This HTTP version is not supported',
    remedy: 'Use HTTP/1.1.',
    event: malformed,
  },
  'request.method': {
    status: 405,
    title: 'This method is not supported',
    remedy: 'Use one of the methods that Allow names.',
    event: malformed,
  },
  'request.framing': {
    status: 400,
    title: 'The request is malformed',
    remedy: 'Send one Content-Length or one chunked Transfer-Encoding, not both.',
    event: malformed,
  },
  'request.header': {
    status: 400,
    title: 'The request is malformed',
    remedy: 'A header that may stand once was sent twice, or has forbidden characters.',
    event: malformed,
  },
  'request.expectation': {
    status: 417,
    title: 'This expectation cannot be met',
    remedy: 'Leave out the Expect header.',
    event: malformed,
  },
  'request.header-too-large': {
    status: 431,
    title: 'The request is too large',
    remedy: 'Clear the cookies of this site, then try again.',
    event: malformed,
  },
  'request.target': {
    status: 400,
    title: 'The address is malformed',
    remedy: 'Check the address for stray characters.',
    event: malformed,
  },
  'request.target-too-long': {
    status: 414,
    title: 'The address is too long',
    remedy: 'Shorten the path or the query.',
    event: malformed,
  },
  'request.path-ambiguous': {
    status: 400,
    title: 'The address is ambiguous',
    remedy: 'Use the plain address, without encoded slashes, dot segments or doubled slashes.',
    event: malformed,
  },
  'request.host': {
    status: 421,
    title: 'This site does not answer under that name',
    remedy: 'Use the address that the site was given to you under.',
    event: malformed,
  },
  'server.stopping': {
    status: 503,
    title: 'The site is restarting',
    remedy: 'Try again in a few seconds.',
    event: 'sys_shutdown',
  },
  'server.busy': {
    status: 503,
    title: 'The site is busy',
    remedy: 'Try again in a few seconds. Nothing was changed.',
    event: 'excess_rate_limit_exceeded',
  },
  'route.unknown': {
    status: 404,
    title: 'There is no page here',
    remedy: 'Check the address, or start from the front page.',
    event: 'malicious_excess_404',
  },
  'route.method': {
    status: 405,
    title: 'This page does not take that kind of request',
    remedy: 'The Allow header names the methods it takes.',
    event: malformed,
  },
  'limit.exceeded': {
    status: 429,
    title: 'Too many requests',
    remedy: 'Wait a moment, then try again. Nothing was changed.',
    event: 'excess_rate_limit_exceeded',
  },
  'sentinel.slow': {
    status: 429,
    title: 'Please slow down',
    remedy: 'Wait a moment, then try again. Nothing was changed.',
    event: 'excess_rate_limit_exceeded',
  },
  'sentinel.challenge': {
    // Not 403: the page is there, and a crawler that comes back later is welcome.
    status: 429,
    title: 'One moment',
    remedy: 'Wait until your browser has answered, or follow the link after the time it names.',
    event: 'excess_rate_limit_exceeded',
  },
  'sentinel.banned': {
    status: 403,
    title: 'Too many unusual requests came from your network',
    remedy:
      'It is kept out for a while, ten minutes at first. If that was not you, wait, or use another network; whoever runs this site can let you in sooner.',
    event: 'excess_rate_limit_exceeded',
  },
  'csrf.cross-site': {
    status: 403,
    title: 'This request came from another site',
    remedy: 'Open the page here and send the form from it.',
    event: 'malicious_csrf',
  },
  'csrf.token-missing': {
    status: 403,
    title: 'The form could not be verified',
    remedy: 'Go back, reload the page and send the form again.',
    event: 'malicious_csrf',
  },
  'csrf.token-invalid': {
    status: 403,
    title: 'The form could not be verified',
    remedy:
      'Go back, reload the page and send the form again. Signing in or out makes older forms stale.',
    event: 'malicious_csrf',
  },
  'access.sign-in-required': {
    status: 401,
    title: 'Please sign in',
    remedy: 'Sign in, then try again.',
    event: 'authz_fail',
  },
  'access.second-factor-required': {
    status: 401,
    title: 'One more step to sign in',
    remedy: 'Give your second factor, then try again.',
    event: 'authz_fail',
  },
  'access.enrolment-required': {
    status: 401,
    title: 'Your account needs a second factor',
    remedy: 'Set one up, then try again.',
    event: 'authz_fail',
  },
  'access.step-up-required': {
    status: 401,
    title: 'Please confirm that it is you',
    remedy: 'Sign in again, then repeat what you were doing.',
    event: 'authz_fail',
  },
  'access.forbidden': {
    status: 403,
    title: 'You may not do this',
    remedy: 'Ask an administrator if you think that you should be able to.',
    event: 'authz_fail',
  },
  ...openIdRefusals,
  'resource.not-found': {
    status: 404,
    title: 'There is no page here',
    remedy: 'It may have been removed. Check the address, or start from the front page.',
    event: 'malicious_direct_reference',
  },
  ...apiRefusals,
  'body.too-large': {
    status: 413,
    title: 'That was too much at once',
    remedy: 'Send less. Nothing was changed.',
    event: 'input_validation_fail',
  },
  'body.unsupported-type': {
    status: 415,
    title: 'This kind of content is not taken here',
    remedy: 'Send the type that this address is documented to take, in UTF-8, not compressed.',
    event: 'input_validation_fail',
  },
  'body.malformed': {
    status: 400,
    title: 'The content could not be read',
    remedy: 'Look for what is malformed in it; from a page, send it again.',
    event: 'input_validation_fail',
  },
  'body.timeout': {
    status: 408,
    title: 'The content took too long to arrive',
    remedy: 'Check your connection and send it again. Nothing was changed.',
    event: 'input_validation_fail',
  },
  'input.unknown-field': {
    status: 400,
    title: 'A field was sent that does not belong here',
    remedy: 'Send the form from its page, or leave out the part that is named.',
    event: malformed,
  },
  'input.duplicate-field': {
    status: 400,
    title: 'A field was sent twice',
    remedy: 'Send each name once; a form, from its page after a reload.',
    event: malformed,
  },
  'input.invalid': {
    status: 422,
    title: 'Some of that was not accepted',
    remedy: 'Correct the fields that are named and send it again.',
    event: 'input_validation_fail',
  },
  'fault.unexpected': {
    status: 500,
    title: 'Something broke on our side',
    remedy: 'Try again. If it happens again, tell us the number below.',
    event: 'sys_crash',
  },
} as const satisfies Record<string, RefusalRow>

export type RefusalCode = keyof typeof refusalTable

/** One thing that is wrong in a body of JSON. */
export type PlacedError = {
  /** JSON Pointer (RFC 6901) from the whole of the body; the empty text is all of it. */
  readonly pointer: string
  /** What the schema says about it; clipped. */
  readonly detail: string
}

export type RefusalOptions = {
  readonly detail?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly field?: string
  readonly errors?: readonly PlacedError[]
}

/** A decision not to serve. Made by `refuse` alone, so that `isRefusal` can be trusted. */
export class Refusal {
  readonly code: RefusalCode
  /** For the log only: never shown, never holds a secret or a form value. */
  readonly detail: string
  /** Extra response headers that belong to the refusal: Allow, Retry-After, RateLimit. */
  readonly headers: Readonly<Record<string, string>>
  /** The name of the field that was refused: declared by the application or clipped and printable. */
  readonly field: string | undefined
  /** For programs: what is wrong where in a body of JSON. */
  readonly errors: readonly PlacedError[]

  constructor(code: RefusalCode, options: RefusalOptions = {}) {
    this.code = code
    this.detail = options.detail ?? ''
    this.headers = options.headers ?? noHeaders
    this.field = options.field
    this.errors = options.errors ?? noErrors
  }

  get status(): number {
    return refusalTable[this.code].status
  }
}

const noErrors: readonly PlacedError[] = Object.freeze([])
const noHeaders: Readonly<Record<string, string>> = Object.freeze({})

/** Makes a refusal. `detail` is for the log: say which rule, never echo the value. */
export function refuse(code: RefusalCode, options?: RefusalOptions): Refusal {
  return new Refusal(code, options)
}

export function isRefusal(value: unknown): value is Refusal {
  return value instanceof Refusal
}
