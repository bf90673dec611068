/**
 * From the claims of a provider to an identity. Everything is the provider's word, so each claim is
 * read by its type, and what is malformed counts as absent, the subject apart. Pure.
 */
import type { ProviderIdentity } from './types.ts'

/** OpenID Connect Core section 2: at most 255 ASCII characters. */
const subjectShape = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/
const ascii = /^[\x21-\x7e]{3,254}$/

type Claims = Readonly<Record<string, unknown>>

/** undefined where nobody is named, or not to this site. */
export function identityOf(
  { issuer, clientId }: { readonly issuer: string; readonly clientId: string },
  idToken: Claims,
  /** Where the address stands: the ID token itself, or what the user info endpoint said. */
  about: Claims,
): ProviderIdentity | undefined {
  const { sub, azp, auth_time: authTime } = idToken
  // Made out to another site, whoever may read it (Core section 3.1.3.7, step 5).
  if (azp !== undefined && azp !== clientId) return undefined
  if (typeof sub !== 'string' || !subjectShape.test(sub)) return undefined
  const { email, email_verified: isVerified } = about
  return Object.freeze({
    issuer,
    subject: sub,
    // Letters that become others by normalisation would make another's address of it: `K` U+212A.
    email: typeof email === 'string' && ascii.test(email) ? email : null,
    isEmailVerified: isVerified === true,
    authenticatedAt: isTime(authTime) ? authTime * 1000 : null,
  })
}

/** Seconds since 1970, before the year 10000. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < 253_402_300_800
}
