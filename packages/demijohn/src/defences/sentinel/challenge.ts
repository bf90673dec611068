/**
 * A challenge that costs work, or waiting, and no cookie (ASVS 2.4.1).
 *
 * Proof of work as in Hashcash (Back, 2002): find a counter for which SHA-256 of the challenge and the
 * counter begins with a number of zero bits. The challenge is sealed with HMAC-SHA-256 over purpose,
 * client, time and difficulty, so nothing is stored until it is answered: an answer made for another
 * client, an old one, or one with its difficulty lowered is none. Checking costs one HMAC and one hash.
 *
 * Whoever has no script waits instead: a link with a sealed moment before which it is worth nothing.
 *
 * Each buys once: what was made before the client's last answer is stale (`startedAfter`), so answers
 * cannot be kept in stock. Does not stop somebody who pays: it makes requests cost processor time, and
 * a client that pays is still counted. It tells no person from a machine.
 */
import { createHmac, hash } from 'node:crypto'
import { constantTimeEqual } from '../../core/bytes.ts'
import type { ChallengeOptions } from './options.ts'

/** The first seals, all verify. */
export type ChallengeKeys = readonly Buffer[]

type Purpose = 'work' | 'wait'

/** `<moment in base 36>.<difficulty in bits, or w>.<seal>`, then `.<counter in base 36>` for work. */
const shape = /^([0-9a-z]{8,9})\.(?:(\d{1,2})|w)\.([A-Za-z0-9_-]{22})(?:\.([0-9a-z]{1,11}))?$/

function sealOf(key: Buffer, purpose: Purpose, client: string, at: string, bits: string): string {
  const text = JSON.stringify(['demijohn challenge', purpose, client, at, bits])
  // 128 of its 256 bits (RFC 2104 section 5): a seal lives for minutes.
  return createHmac('sha256', key).update(text).digest().subarray(0, 16).toString('base64url')
}

function issue(keys: ChallengeKeys, purpose: Purpose, client: string, now: number, bits: string) {
  const [key] = keys
  if (key === undefined) throw new RangeError('challenge: there is no key')
  const at = Math.floor(now).toString(36)
  return `${at}.${bits}.${sealOf(key, purpose, client, at, bits)}`
}

/** What a client has to work on. */
export function issueWork(
  keys: ChallengeKeys,
  facts: { readonly client: string; readonly now: number; readonly difficultyBits: number },
): string {
  return issue(keys, 'work', facts.client, facts.now, String(facts.difficultyBits))
}

/** What lets a client in after waiting: it is the answer already, only too early. */
export function issueWait(
  keys: ChallengeKeys,
  facts: { readonly client: string; readonly now: number },
): string {
  return issue(keys, 'wait', facts.client, facts.now, 'w')
}

export type AnswerVerdict =
  | { readonly accepted: true }
  | {
      readonly accepted: false
      readonly reason: 'malformed' | 'forged' | 'too-early' | 'expired' | 'stale' | 'no-work'
    }

const accepted = Object.freeze({ accepted: true })
const no = (reason: Exclude<AnswerVerdict, { accepted: true }>['reason']): AnswerVerdict => ({
  accepted: false,
  reason,
})

/** Judges an answer. Never throws, whatever the text. */
export function judgeAnswer(
  keys: ChallengeKeys,
  options: ChallengeOptions,
  facts: {
    readonly client: string
    readonly answer: string
    readonly now: number
    /** The client's last accepted answer: what was made by then is used up. */
    readonly startedAfter: number
  },
): AnswerVerdict {
  const found = facts.answer.length > 64 ? null : shape.exec(facts.answer)
  if (found === null) return no('malformed')
  const [, at = '', bits, seal = '', counter] = found
  if ((bits === undefined) !== (counter === undefined)) return no('malformed')
  const age = facts.now - Number.parseInt(at, 36)
  const purpose = bits === undefined ? 'wait' : 'work'
  if (age < (purpose === 'wait' ? options.waitMilliseconds : 0)) return no('too-early')
  const life = options.lifeMilliseconds + (purpose === 'wait' ? options.waitMilliseconds : 0)
  if (age >= life) return no('expired')
  if (facts.now - age <= facts.startedAfter) return no('stale')
  if (!isSealed(keys, { purpose, client: facts.client, at, bits: bits ?? 'w', seal })) {
    return no('forged')
  }
  if (bits === undefined) return accepted
  return zeroBits(facts.answer) >= Number(bits) ? accepted : no('no-work')
}

function isSealed(
  keys: ChallengeKeys,
  of: {
    readonly purpose: Purpose
    readonly client: string
    readonly at: string
    readonly bits: string
    readonly seal: string
  },
): boolean {
  const given = Buffer.from(of.seal)
  return keys.some((key) =>
    constantTimeEqual(given, Buffer.from(sealOf(key, of.purpose, of.client, of.at, of.bits))),
  )
}

/** Leading zero bits of SHA-256 of a text, up to 32: more are never asked for. */
export function zeroBits(text: string): number {
  return Math.clz32(Number.parseInt(hash('sha256', text, 'hex').slice(0, 8), 16))
}
