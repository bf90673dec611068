/**
 * Stops another site making a browser change state here (CSRF), second half: a token in the form
 * that only a page of this site can have shown to this very session.
 *
 * What a token stands for is an HMAC-SHA-256 of the session's id (or of an anonymous visitor's
 * cookie) under a key of its own: nothing is stored, it lasts as long as the session does, and a
 * token of another person, of an earlier sign-in, or from before it means nothing. Each form
 * carries it under a fresh mask, so that compressed pages do not give it away (BREACH). ASVS
 * 3.5.1. Does not stop script on this origin, which can read the form.
 */

import { createHmac } from 'node:crypto'
import { constantTimeEqual, type Random, systemRandom } from '../../core/bytes.ts'
import { allowed, type Decision, refused } from '../../core/decision.ts'

/** The first makes tokens; all verify, so that changing the key of the ring breaks no open form. */
export type FormKeys = readonly [Buffer, ...Buffer[]]

const keyBytes = 32

/** 64 bytes are 86 characters; the last one has four bits that must be zero (RFC 4648 3.5). */
const tokenShape = /^[A-Za-z0-9_-]{85}[AQgw]$/

function derive(subkeys: readonly [Buffer, ...Buffer[]], label: string): FormKeys {
  const one = (subkey: Buffer): Buffer => createHmac('sha256', subkey).update(label).digest()
  const [first, ...others] = subkeys
  const keys: [Buffer, ...Buffer[]] = [one(first), ...others.map(one)]
  return Object.freeze(keys)
}

/** What the forms of one session are bound to: derive it once for each session, not each form. */
export function sessionFormKeys(
  subkeys: readonly [Buffer, ...Buffer[]],
  sessionId: string,
): FormKeys {
  return derive(subkeys, `session:${sessionId}`)
}

/** What the forms of somebody who is not signed in are bound to: their visitor cookie. */
export function visitorFormKeys(
  subkeys: readonly [Buffer, ...Buffer[]],
  visitor: string,
): FormKeys {
  return derive(subkeys, `visitor:${visitor}`)
}

/** A token for one form: the mask, then the key under the mask, as base64url. */
export function issueToken(formKey: Buffer, random: Random = systemRandom): string {
  const mask = random(keyBytes)
  const bytes = Buffer.allocUnsafe(keyBytes * 2)
  mask.copy(bytes)
  for (let at = 0; at < keyBytes; at += 1) {
    bytes[keyBytes + at] = (mask[at] ?? 0) ^ (formKey[at] ?? 0)
  }
  return bytes.toString('base64url')
}

/**
 * Checks a token against a session's or a visitor's keys, without telling by time how much of it
 * was right. Empty counts as missing. A token has exactly one spelling.
 */
export function verifyToken(
  token: string | undefined,
  formKeys: readonly Buffer[],
): Decision<'token-missing' | 'token-invalid'> {
  if (token === undefined || token === '') return refused('token-missing')
  if (!tokenShape.test(token)) return refused('token-invalid')
  const bytes = Buffer.from(token, 'base64url')
  const unmasked = Buffer.allocUnsafe(keyBytes)
  for (let at = 0; at < keyBytes; at += 1) {
    unmasked[at] = (bytes[at] ?? 0) ^ (bytes[keyBytes + at] ?? 0)
  }
  return formKeys.some((formKey) => constantTimeEqual(formKey, unmasked))
    ? allowed
    : refused('token-invalid')
}
