/**
 * How far somebody has come in proving who they are. Pure: facts in, stage out, asked at every read,
 * so that a factor that is set up or a role that demands one binds the sessions that exist, too.
 *
 * Stops a session that has given a password alone from counting as signed in where a second factor is
 * set up or demanded (ASVS 6.3.3, 6.3.4), on every way to sign in: a link by mail and a remembered
 * device come through here as well. Does not judge how good a factor is.
 */

/**
 * What a person can prove themselves by.
 *
 * - `link`: reads mail at the stored address; takes the place of the password, never of a factor.
 * - `passkey`: holds the device. `passkey-verified`: the device has also recognised its owner, by a
 *   PIN or a finger, which makes two factors in one (WebAuthn Level 3 section 1.3).
 * - `provider`: a provider of OpenID Connect has recognised them; counts as one factor, whatever it
 *   asked for (ASVS 6.8.4).
 * - `remembered`: this browser was signed in before; adds nothing to what was proven then.
 */
export type Method =
  | 'password'
  | 'link'
  | 'provider'
  | 'totp'
  | 'recovery-code'
  | 'passkey'
  | 'passkey-verified'
  | 'remembered'

const methods: ReadonlySet<string> = new Set<Method>([
  'password',
  'link',
  'provider',
  'totp',
  'recovery-code',
  'passkey',
  'passkey-verified',
  'remembered',
])
const secondFactors: ReadonlySet<Method> = new Set([
  'totp',
  'recovery-code',
  'passkey',
  'passkey-verified',
])

/** `second-factor`: one is outstanding. `enrolment`: one is demanded and none is set up. */
export type Stage = 'full' | 'second-factor' | 'enrolment'

export type StageFacts = {
  readonly methods: readonly Method[]
  /** The account has a confirmed authenticator app or a passkey. */
  readonly hasSecondFactor: boolean
  /** The account's role may not be used without one. */
  readonly roleDemandsIt: boolean
}

export function decideStage({ methods, hasSecondFactor, roleDemandsIt }: StageFacts): Stage {
  const given = methods.some((method) => secondFactors.has(method))
  if (hasSecondFactor) return given ? 'full' : 'second-factor'
  // A factor that was removed since proves nothing any more, so it is set up anew.
  return roleDemandsIt ? 'enrolment' : 'full'
}

/** Reads the column; a word that is no method counts for nothing. */
export function parseMethods(stored: string): readonly Method[] {
  return stored.split(' ').filter((word): word is Method => methods.has(word))
}

/** Each method once, in the order in which they were proven. */
export function formatMethods(proven: readonly Method[]): string {
  return [...new Set(proven)].join(' ')
}
