/**
 * Whether a code from an authenticator app counts. Pure: secret, code and time in, decision out.
 *
 * Stops: a code that is taken twice, or after a later one (ASVS 6.5.1): its time step has to be
 * greater than that of the last code. Whoever acts on the decision writes the step down by one
 * conditional write. A code that lives for long (ASVS 6.5.5), and one that is judged by the
 * visitor's clock (ASVS 6.5.8): `now` is the server's. Telling by time which digit was wrong.
 *
 * Does not stop guessing: three of a million codes are right at any time, so tries have to be
 * counted by whoever asks. Does not stop a page that asks for the code and passes it on at once.
 */
import { constantTimeEqual } from '../../core/bytes.ts'
import { appCodes, hotp, timeStep } from './oneTimeCodes.ts'

/**
 * How many steps a clock may be off, to either side: RFC 6238 section 5.2 recommends one at most.
 * A code of 30 seconds is therefore taken for 90.
 */
export const clockSteps = 1

export type CodeFacts = {
  readonly secret: Uint8Array
  /** As it was typed. */
  readonly typed: string
  /** UTC milliseconds, by the server's clock. */
  readonly now: number
  /** The step of the last code that was taken; null when none was. */
  readonly lastStep: number | null
}

export type CodeDecision =
  | { readonly allowed: true; readonly step: number }
  | { readonly allowed: false; readonly reason: 'wrong' | 'used' }

const wrong = Object.freeze({ allowed: false, reason: 'wrong' }) satisfies CodeDecision
const used = Object.freeze({ allowed: false, reason: 'used' }) satisfies CodeDecision

/** RFC 4226 section 4, R6. Codes of an empty secret are known to everybody. */
const leastSecretBytes = 16

/**
 * `used`: the right code for a step that is over, for the person has typed it before.
 * @throws RangeError for a secret of less than 128 bits.
 */
export function decideCode({ secret, typed, now, lastStep }: CodeFacts): CodeDecision {
  if (secret.length < leastSecretBytes) throw new RangeError('a secret has at least 128 bits')
  const code = readCode(typed)
  if (code === undefined) return wrong
  const current = timeStep(now)
  let matching = -1
  // All steps are always tried, so that time tells nothing; the latest of two equal codes counts.
  for (let step = Math.max(0, current - clockSteps); step <= current + clockSteps; step += 1) {
    if (constantTimeEqual(Buffer.from(hotp(secret, step)), code)) matching = step
  }
  if (matching === -1) return wrong
  if (lastStep !== null && matching <= lastStep) return used
  return { allowed: true, step: matching }
}

/** Apps show `123 456`; anything but six digits of ASCII, blanks aside, is no code. */
function readCode(typed: string): Buffer | undefined {
  const digits = typed.replace(/[ \u00a0-]/g, '')
  const isCode = digits.length === appCodes.digits && /^[0-9]+$/.test(digits)
  return isCode ? Buffer.from(digits) : undefined
}
