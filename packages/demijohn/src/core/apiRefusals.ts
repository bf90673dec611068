/** The refusals that only programs meet: a part of the table in `refusals.ts`. */
import type { RefusalRow } from './refusals.ts'

export const apiRefusals = {
  'access.scope-insufficient': {
    status: 403,
    title: 'The token was not given this permission',
    remedy: 'Make a token that has the scope which WWW-Authenticate names.',
    event: 'authz_fail',
  },
  'token.missing': {
    status: 401,
    title: 'A token is needed here',
    remedy: 'Send one in the Authorization field, as WWW-Authenticate says.',
    event: 'authz_fail',
  },
  'token.malformed': {
    status: 401,
    title: 'The Authorization field could not be read',
    remedy: 'Send one scheme, one blank and one token, and nothing else.',
    event: 'authn_login_fail',
  },
  'token.invalid': {
    status: 401,
    title: 'The token is not valid here',
    remedy: 'It may have expired or been revoked, or be meant for another site. Get a new one.',
    event: 'authn_login_fail',
  },
  'token.proof-missing': {
    status: 401,
    title: 'The token has to come with a proof of its key',
    remedy: 'Send the scheme DPoP and a proof in the DPoP field (RFC 9449).',
    event: 'authn_login_fail',
  },
  'token.proof-invalid': {
    status: 401,
    title: 'The proof of the key does not fit',
    remedy: 'Make a new proof for each request: this method, this address, this token, now.',
    event: 'authn_login_fail',
  },
  'cors.origin-refused': {
    status: 403,
    title: 'This request came from a site that may not make it',
    remedy: 'Ask whoever runs this site to name the origin of yours.',
    event: 'malicious_cors',
  },
  'resource.conflict': {
    status: 409,
    title: 'This does not go together with what is there',
    remedy: 'Look at what is there now, then decide again. Nothing was changed.',
    event: 'input_validation_fail',
  },
  'precondition.failed': {
    status: 412,
    title: 'It has been changed since you read it',
    remedy: 'Read it again, then repeat your change on what is there now.',
    event: 'input_validation_fail',
  },
  'precondition.malformed': {
    status: 400,
    title: 'The condition of this request could not be read',
    remedy: 'Send the ETag as you received it, with its quotes.',
    event: 'input_validation_fail',
  },
  'precondition.required': {
    status: 428,
    title: 'This change has to say what it is made on',
    remedy: 'Send the ETag that you read as If-Match, or If-None-Match with an asterisk to create.',
    event: 'input_validation_fail',
  },
  'idempotency.key-malformed': {
    status: 400,
    title: 'The Idempotency-Key is malformed',
    remedy: 'Send 1 to 128 letters, digits or signs in quotes, a UUID for example.',
    event: 'input_validation_fail',
  },
  'idempotency.key-missing': {
    status: 400,
    title: 'An Idempotency-Key is needed here',
    remedy: 'Send one that you make for this request and repeat when you repeat it.',
    event: 'input_validation_fail',
  },
  'idempotency.in-progress': {
    status: 409,
    title: 'The first request with this key is still at work',
    remedy: 'Wait a moment, then send the same again.',
    event: 'input_validation_fail',
  },
  'idempotency.outcome-unknown': {
    status: 409,
    title: 'The answer to the first request with this key is lost',
    remedy: 'It may have had its effect. Look for that before you send it under a new key.',
    event: 'input_validation_fail',
  },
  'idempotency.mismatch': {
    status: 422,
    title: 'This key was used for another request',
    remedy: 'Make a new key for each request that is not a repetition.',
    event: 'input_validation_fail',
  },
  'idempotency.too-many': {
    status: 429,
    title: 'Too many keys are in use',
    remedy: 'Wait until older ones are forgotten, a day after their use. Nothing was changed.',
    event: 'excess_rate_limit_exceeded',
  },
} as const satisfies Record<string, RefusalRow>
