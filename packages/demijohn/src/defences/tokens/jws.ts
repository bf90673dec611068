/**
 * JWS in its compact form (RFC 7515 section 7.1): three parts, each with one spelling, and a header
 * that says which key is meant and nothing about how it is checked.
 *
 * Stops forged and altered tokens (ASVS 9.1.1), `alg` of the header's own choice (9.1.2), keys that
 * a token brings or points to (9.1.3), tokens of another kind (9.2.2), extensions that nobody here
 * understands (`crit`, `b64`). What the payload says is for claims.ts.
 */
import { isSignatureOf, signatureBytesOf, signatureOf } from './algorithms.ts'
import { decodeBase64url } from './base64url.ts'
import { isPlainText, type Members, readJsonObject } from './json.ts'
import type { VerificationKey } from './jwk.ts'
import type { KeyOf } from './keySet.ts'
import { type ClaimProblem, type Rejected, rejected, type TokenProblem } from './problems.ts'
import type { SigningKey } from './signingKey.ts'

export type JwsProblem = Exclude<TokenProblem, ClaimProblem>

/** Longer than this no token has a reason to be, and header sections of requests end soon after. */
export const longestToken = 8192

export type VerifyOptions = {
  readonly keyOf: KeyOf
  /**
   * The media type without `application/`, such as `at+jwt`, that the header has to have (RFC 8725
   * section 3.11). `undefined`: any, which only a place with keys for one purpose may say.
   */
  readonly typ: string | undefined
  readonly maxBytes?: number
}

export type Verified = {
  readonly ok: true
  readonly payload: Buffer
  readonly header: Members
  readonly key: VerificationKey
}

/** Takes any text and never throws. */
export function verifyCompact(
  text: string,
  { keyOf, typ, maxBytes = longestToken }: VerifyOptions,
): Verified | Rejected<JwsProblem> {
  const parts = parseCompact(text, maxBytes)
  if (!parts.ok) return parts
  const problem = headerProblem(parts, typ)
  if (problem !== undefined) return rejected(problem)
  if (parts.header.has('jwk')) return rejected('embedded-key')
  const key = keyOf(parts.kid, parts.alg)
  if (key === undefined) return rejected('key-unknown')
  return verifyParts(parts, key)
}

export type Compact = {
  readonly ok: true
  readonly header: Members
  readonly alg: string
  readonly kid: string | undefined
  readonly payload: Buffer
  readonly signature: Buffer
  /** What the signature is over. */
  readonly signed: string
}

/** Takes the text apart. Nothing of what comes out is to be believed yet. */
export function parseCompact(text: string, maxBytes: number): Compact | Rejected<JwsProblem> {
  // Every character that can be taken is one byte; any other fails to decode.
  if (text.length > maxBytes) return rejected('too-long')
  const parts = text.split('.', 4)
  const [first = '', second = '', third = ''] = parts
  if (parts.length !== 3 || first === '' || third === '') return rejected('parts')
  const headerBytes = decodeBase64url(first)
  const payload = decodeBase64url(second)
  const signature = decodeBase64url(third)
  if (headerBytes === undefined || payload === undefined || signature === undefined) {
    return rejected('encoding')
  }
  const header = readJsonObject(headerBytes)
  const [alg, kid] = [header?.get('alg'), header?.get('kid')]
  if (header === undefined || !isPlainText(alg, 32)) return rejected('header')
  if (kid !== undefined && !isPlainText(kid, 255)) return rejected('header')
  const signed = `${first}.${second}`
  return { ok: true, header, alg, kid, payload, signature, signed }
}

/** Members that name keys elsewhere (RFC 7515 sections 4.1.2, 4.1.5 and 4.1.6). */
const pointers = ['jku', 'x5u', 'x5c'] as const

/** What a header may not have or has to have, wherever the key comes from. */
export function headerProblem(
  { header }: Compact,
  typ: string | undefined,
): JwsProblem | undefined {
  // RFC 7515 section 4.1.11: all that `crit` names has to be understood, and no extension is.
  if (header.has('crit') || header.has('b64')) return 'critical'
  if (pointers.some((name) => header.has(name))) return 'embedded-key'
  return typ === undefined || isType(header.get('typ'), typ) ? undefined : 'type'
}

/** Media types are compared without regard to case, `application/` may be left out (4.1.9). */
function isType(value: unknown, typ: string): boolean {
  if (typeof value !== 'string') return false
  const [given, wanted] = [asciiLowerCase(value), asciiLowerCase(typ)]
  return given === wanted || given === `application/${wanted}`
}

/** Only A to Z: the whole of Unicode has other letters, such as K (Kelvin), that become one of ours. */
function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** The signature alone, by a key that the caller has chosen and whose algorithm it is bound to. */
export function verifyParts(
  { header, payload, signature, signed }: Compact,
  key: VerificationKey,
): Verified | Rejected<JwsProblem> {
  if (signature.length !== signatureBytesOf(key.algorithm, key.key)) return rejected('signature')
  return isSignatureOf(key, Buffer.from(signed, 'latin1'), signature)
    ? { ok: true, payload, header, key }
    : rejected('signature')
}

/** Signs a payload. The header is `alg`, `typ` and `kid`. */
export function signCompact(
  payload: object,
  key: SigningKey,
  { typ }: { readonly typ: string },
): string {
  const header = { alg: key.algorithm, typ, kid: key.kid }
  const signed = `${encoded(header)}.${encoded(payload)}`
  const signature = signatureOf(key, Buffer.from(signed, 'latin1'))
  return `${signed}.${signature.toString('base64url')}`
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url')
}
