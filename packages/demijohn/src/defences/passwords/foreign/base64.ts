/**
 * The spellings of bytes in stored hashes, each read strictly: what has a second spelling, such as
 * stray bits at the end of base64 (RFC 4648 section 3.5), is not read.
 */

export function parseBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

export function parseUnpaddedBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64').replaceAll('=', '') === text ? bytes : undefined
}

/** The base64 of passlib: a full stop for the plus sign, and no padding. */
export function parseAdaptedBase64(text: string): Buffer | undefined {
  return text.includes('+') ? undefined : parseUnpaddedBase64(text.replaceAll('.', '+'))
}

/** The caller has checked that these are hexadecimal digits, in pairs. */
export function bytesOfHex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}
