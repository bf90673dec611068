/**
 * The Idempotency-Key field (draft-ietf-httpapi-idempotency-key-header-07), and what it is stored as.
 *
 * The draft has a string of structured fields (RFC 9651 section 3.3.3): `"…"`. Many clients send
 * the same without quotes, so a token (RFC 9110 section 5.6.2) is taken as well; `"a"` and `a` are one
 * key. On the narrow side of the draft: no escapes, no parameters, 1 to 128 characters.
 *
 * Keys are no secrets and need not be hard to guess: they count for one principal and one route.
 */
import { hash } from 'node:crypto'
import { sha256Hex } from '../../core/bytes.ts'
import { isToken } from '../../web/grammar.ts'

const maxCharacters = 128

/** Printable ASCII without `"` and `\`. */
const quoted = /^"([\x20\x21\x23-\x5b\x5d-\x7e]+)"$/

/** The key without its quotes; undefined is to be refused with `idempotency.key-malformed`. */
export function parseIdempotencyKey(field: string): string | undefined {
  if (field.length > maxCharacters + 2) return undefined
  const key = isToken(field) ? field : quoted.exec(field)?.[1]
  return key === undefined || key.length > maxCharacters ? undefined : key
}

/** Under what it is stored: nobody can reach the key of another principal, or of another route. */
export function storedKey(facts: {
  readonly principal: string
  readonly route: string
  readonly key: string
}): string {
  return sha256Hex(JSON.stringify([facts.principal, facts.route, facts.key]))
}

/** Whether two requests are the same one: SHA-256 of method, address with its query, and body. */
export function fingerprintOf(request: {
  readonly method: string
  readonly target: string
  readonly body: Uint8Array
}): string {
  const { method, target, body } = request
  return sha256Hex(JSON.stringify([method, target, hash('sha256', body, 'hex')]))
}
