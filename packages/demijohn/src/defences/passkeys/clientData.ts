/**
 * What the browser says it was asked to do (WebAuthn Level 3, section 5.8.1).
 *
 * Stops an answer that was made for another site, another question or another ceremony: phishing,
 * replay, and a registration taken for a sign-in. Origins are equal or they are not: no subdomains,
 * no other ports, no frames of other sites.
 *
 * Does not judge whether the browser tells the truth; a browser that lies has the person's trust
 * already.
 */
import { decodeUtf8 } from './cbor.ts'
import type { PasskeyProblem } from './problems.ts'

export type Ceremony = 'webauthn.create' | 'webauthn.get'

export type ClientDataExpectations = {
  readonly ceremony: Ceremony
  /** In base64url without padding, as it was sent to the browser. */
  readonly challenge: string
  /** `https://press.example`, as in the Origin header. */
  readonly origin: string
}

/** Browsers send about 200 bytes; the specification lets them add to it. */
const maxBytes = 4096

type Members = Readonly<Record<string, unknown>>

/** Reads the members; undefined when the bytes are not one JSON object in UTF-8. */
export function readClientData(bytes: Uint8Array): Members | undefined {
  if (bytes.length > maxBytes) return undefined
  const text = decodeUtf8(bytes)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Undefined when it is what was asked for (sections 7.1 and 7.2, steps 5 to 12). */
export function clientDataProblem(
  bytes: Uint8Array,
  expected: ClientDataExpectations,
): PasskeyProblem | undefined {
  const data = readClientData(bytes)
  if (data === undefined) return 'client-data'
  if (data.type !== expected.ceremony) return 'ceremony'
  if (data.challenge !== expected.challenge) return 'challenge'
  if (data.origin !== expected.origin) return 'origin'
  // Older browsers leave it out. It is true, and topOrigin is there, in a frame of another site.
  if (data.crossOrigin !== undefined && data.crossOrigin !== false) return 'cross-origin'
  return data.topOrigin === undefined ? undefined : 'cross-origin'
}

/** The challenge that an answer claims to be for, to be looked up; nothing is verified by this. */
export function claimedChallenge(bytes: Uint8Array): string | undefined {
  const challenge = readClientData(bytes)?.challenge
  return typeof challenge === 'string' ? challenge : undefined
}
