/**
 * One journey to a provider and back: what is noted when it begins, and what has to hold at its end.
 *
 * Stops an answer that this browser did not ask for (login CSRF, a stolen code: RFC 6749 section
 * 10.12, RFC 9700 section 4.7), one of another provider (mix-up: RFC 9700 section 4.4), and one that
 * comes late. The note travels sealed in a cookie of this host alone, under the provider's id, so a
 * note of one provider does not open at another's (GHSA-x445-f3h2-j279). That it works once is a row
 * that the caller inserts. Pure: time, randomness and the opened note are passed in.
 *
 * Does not stop whoever has both the browser's cookies and the answer.
 */
import { hash } from 'node:crypto'
import { constantTimeEqual, isSecretShape, type Random, randomSecret } from '../../core/bytes.ts'
import { allowed, type Decision, refused } from '../../core/decision.ts'
import { readJson } from '../../core/json.ts'

/** Why somebody is sent to a provider: to sign in, to link it, to confirm that it is them. */
export type Purpose = 'sign-in' | 'link' | 'confirm'

const purposes: ReadonlySet<string> = new Set<Purpose>(['sign-in', 'link', 'confirm'])

export type Flow = {
  /** Against mix-up where two providers were to share an id over time. */
  readonly issuer: string
  readonly purpose: Purpose
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** The session that asked; null for signing in, which nobody is signed in for. */
  readonly sessionId: string | null
  /** Where the person was going. Parsed again when it is used. */
  readonly next: string | null
  /** UTC milliseconds. */
  readonly startedAt: number
}

/** RFC 9700 has no number; ten minutes is the longest life of a code (RFC 6749 section 4.1.2). */
export const flowMinutes = 10

/** 256 random bits each for state, nonce and verifier (RFC 7636 section 4.1 asks for that many). */
export function beginFlow(
  about: Omit<Flow, 'state' | 'nonce' | 'verifier'>,
  random?: Random,
): Flow {
  return {
    ...about,
    state: randomSecret(random),
    nonce: randomSecret(random),
    verifier: randomSecret(random),
  }
}

/** RFC 7636 section 4.2, S256. */
export function challengeOf(verifier: string): string {
  return hash('sha256', verifier, 'base64url')
}

export function formatFlow(flow: Flow): string {
  const { issuer, purpose, state, nonce, verifier, sessionId, next, startedAt } = flow
  return JSON.stringify([issuer, purpose, state, nonce, verifier, sessionId, next, startedAt])
}

/** undefined for what `formatFlow` has not written. */
export function parseFlow(text: string): Flow | undefined {
  const read = readJson(text)
  const parts: unknown = read.problem === undefined ? read.value : undefined
  if (!Array.isArray(parts) || parts.length !== 8) return undefined
  const [issuer, purpose, state, nonce, verifier, sessionId, next, startedAt]: unknown[] = parts
  if (typeof issuer !== 'string' || !isPurpose(purpose)) return undefined
  if (!isSecret(state) || !isSecret(nonce) || !isSecret(verifier)) return undefined
  if (!isTextOrNull(sessionId) || !isTextOrNull(next)) return undefined
  if (typeof startedAt !== 'number' || !Number.isSafeInteger(startedAt)) return undefined
  return { issuer, purpose, state, nonce, verifier, sessionId, next, startedAt }
}

function isPurpose(value: unknown): value is Purpose {
  return typeof value === 'string' && purposes.has(value)
}

function isSecret(value: unknown): value is string {
  return typeof value === 'string' && isSecretShape(value)
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

export type FlowReason = 'no-flow' | 'other-issuer' | 'other-state' | 'over' | 'other-session'

/** Whether an answer belongs to the flow that this browser has begun with this provider. */
export function decideFlow(facts: {
  /** The note of the cookie, opened under this provider's id. */
  readonly flow: Flow | undefined
  readonly issuer: string
  readonly state: string
  /** The session of this request; null where nobody is signed in. */
  readonly sessionId: string | null
  readonly now: number
}): Decision<FlowReason> {
  const { flow, issuer, state, sessionId, now } = facts
  if (flow === undefined) return refused('no-flow')
  if (flow.issuer !== issuer) return refused('other-issuer')
  if (!constantTimeEqual(Buffer.from(state), Buffer.from(flow.state))) return refused('other-state')
  const age = now - flow.startedAt
  // A clock that was set back proves nothing.
  if (age < 0 || age >= flowMinutes * 60_000) return refused('over')
  if (flow.purpose !== 'sign-in' && flow.sessionId !== sessionId) return refused('other-session')
  return allowed
}
