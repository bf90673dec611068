/**
 * The address that an authenticator app takes a secret from (the Key URI Format, which apps follow
 * in want of a specification).
 *
 * Stops a name from becoming a part of the address: label and issuer are percent-encoded, and lose
 * their colons, at which apps take a label apart. Whoever sees the address can make codes.
 */
import { encodeBase32 } from './base32.ts'
import { appCodes, stepSeconds } from './oneTimeCodes.ts'

/** In code points. Longer names make codes that cameras do not read. */
const maxNameCharacters = 40

/** `issuer` is the site's name, `account` what the person signs in with. */
export function otpauthUri(facts: {
  readonly issuer: string
  readonly account: string
  readonly secret: Uint8Array
}): string {
  const issuer = encoded(facts.issuer)
  const label = `${issuer}:${encoded(facts.account)}`
  const settings = `algorithm=SHA1&digits=${appCodes.digits}&period=${stepSeconds}`
  return `otpauth://totp/${label}?secret=${encodeBase32(facts.secret)}&issuer=${issuer}&${settings}`
}

function encoded(name: string): string {
  const words = name
    .toWellFormed()
    .replace(/[:\p{Cc}]/gu, ' ')
    .replace(/ +/g, ' ')
    .trim()
  // What encodeURIComponent leaves of the reserved characters (RFC 3986 section 2.2).
  return encodeURIComponent([...words].slice(0, maxNameCharacters).join('')).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
