/**
 * The question that a passkey answers: 256 random bits, for one ceremony and one account, for five
 * minutes, once (WebAuthn Level 3, section 13.4.3; ASVS 6.7.2).
 *
 * Stops an answer that is recorded and sent again, and one that was given to another question. A
 * challenge is no row when it is asked for: everybody who looks at the sign-in page gets one, and
 * who only looks must not fill the database. What it is for travels beside it, sealed. Spending it
 * writes its hash, by an insertion that of any number at once one wins; the row stays until the
 * challenge is over.
 */
import { isSecretShape, type Random, randomSecret, sha256Hex } from '../../../core/bytes.ts'
import { claimedChallenge } from '../../../defences/passkeys/clientData.ts'
import type { Sealed } from '../../../pipeline/writing.ts'
import type { AccountStore } from '../data.ts'

export type Purpose = 'passkey-create' | 'passkey-get'

/** What it is for: null where nobody has said yet who they are. */
export type Asking = { readonly purpose: Purpose; readonly accountId: string | null }

export type Question = {
  /** In base64url, for the browser. */
  readonly challenge: string
  /** Comes back with the answer, and says what the challenge was for. */
  readonly proof: string
}

const lifetimeMilliseconds = 300_000

type Sealing = { readonly sealed: Sealed; readonly now: number }

/** A new challenge. Writes nothing. */
export function ask({ sealed, now }: Sealing, asking: Asking, random?: Random): Question {
  const challenge = randomSecret(random)
  const note = noteOf(asking, now + lifetimeMilliseconds)
  return { challenge, proof: sealed.seal(asking.purpose, challenge, note) }
}

function noteOf({ accountId }: Asking, expiresAt: number): string {
  return `${expiresAt} ${accountId ?? ''}`
}

/**
 * Uses up the challenge that an answer claims to be for, and gives it; undefined when it is not one
 * of ours, was for something or somebody else, is over, or was used. Comes before every other check,
 * so that a wrong answer costs the challenge, too.
 */
export async function spend(
  { db, clock }: AccountStore,
  sealed: Sealed,
  asking: Asking,
  answer: { readonly clientData: Uint8Array; readonly proof: string },
): Promise<string | undefined> {
  const { purpose, accountId } = asking
  const challenge = claimedChallenge(answer.clientData) ?? ''
  if (!isSecretShape(challenge)) return undefined
  const note = sealed.unseal(purpose, challenge, answer.proof)
  const expiresAt = Number(note?.split(' ')[0])
  const now = clock.now()
  if (note !== noteOf(asking, expiresAt) || !(expiresAt > now)) return undefined
  const times = { createdAt: now, expiresAt, usedAt: now }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('demijohn_tickets')
    .values({ id: sha256Hex(challenge), purpose, accountId, ...times })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n ? challenge : undefined
}
