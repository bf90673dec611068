/**
 * Base64url without padding (RFC 4648 section 5, RFC 7515 section 2), one spelling for each value.
 *
 * Stops one signature from having many texts: characters outside of the alphabet, padding, and bits
 * after the last byte, which lenient decoders skip, are refused (six cases of Wycheproof).
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  // Node's decoder skips what it does not know, so the only text it may have come from is compared.
  return bytes.toString('base64url') === text ? bytes : undefined
}
