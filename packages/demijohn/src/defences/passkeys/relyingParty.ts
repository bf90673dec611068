/**
 * Who asks for a passkey (WebAuthn Level 3, section 5.1.2): the host name of the site's own origin.
 *
 * The id is never an address and never a parent domain, so a passkey of this site works on this
 * host alone. Browsers take plain HTTP for `localhost` only.
 */
import { hash } from 'node:crypto'

export type RelyingParty = {
  /** `press.example`. */
  readonly id: string
  /** `https://press.example`. */
  readonly origin: string
  /** SHA-256 of the id. */
  readonly idHash: Buffer
}

/** Undefined where no browser offers passkeys: under an address, or over plain HTTP. */
export function relyingPartyOf(origin: string): RelyingParty | undefined {
  const url = URL.parse(origin)
  if (url === null || url.origin !== origin) return undefined
  const { hostname: id, protocol } = url
  const isLocal = id === 'localhost' || id.endsWith('.localhost')
  if (protocol !== 'https:' && !(protocol === 'http:' && isLocal)) return undefined
  // The parser of URLs has written every IPv4 address in its dotted form by now.
  if (/^[0-9.]+$/.test(id) || id.startsWith('[')) return undefined
  return { id, origin, idHash: hash('sha256', id, 'buffer') }
}
