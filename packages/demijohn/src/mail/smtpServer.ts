/**
 * Reads how mail leaves the site: the server's address and the sender's.
 *
 * Stops mail and its password from crossing a network in the clear (ASVS 12.3.1): `smtps` is TLS from
 * the first byte, `smtp` demands STARTTLS unless the server is this machine. The address takes no
 * options, so none can switch the check of certificates off; a private authority is made known to
 * Node by NODE_EXTRA_CA_CERTS.
 */
import { parseEmail } from '../html/email.ts'

export type SmtpServer = {
  readonly host: string
  readonly port: number
  /** `none` only on this machine. */
  readonly tls: 'from-the-start' | 'starttls' | 'none'
  /** A function, so that printing the settings prints no password. */
  readonly credentials: { readonly user: string; readonly password: () => string } | undefined
}

export type Sender = { readonly name: string; readonly address: string }

const hostShape =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])$/
const loopback = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/

/** `smtps://user:password@host` or `smtp://…`, with or without a port; undefined for anything else. */
export function parseSmtpServer(text: string): SmtpServer | undefined {
  const url = text.length > 1_000 || !/^[\x21-\x7e]+$/.test(text) ? null : URL.parse(text)
  if (url === null || (url.protocol !== 'smtps:' && url.protocol !== 'smtp:')) return undefined
  const { hostname } = url
  const hasMore = url.search !== '' || url.hash !== '' || !['', '/'].includes(url.pathname)
  if (hasMore || !hostShape.test(hostname) || url.port === '0') return undefined
  const user = decoded(url.username)
  const password = decoded(url.password)
  if (user === undefined || password === undefined || (user === '') !== (password === '')) {
    return undefined
  }
  const isEncrypted = url.protocol === 'smtps:'
  return Object.freeze({
    host: hostname.replace(/^\[|\]$/g, ''),
    // RFC 8314 section 3.3 and RFC 6409 section 3.1.
    port: url.port === '' ? (isEncrypted ? 465 : 587) : Number(url.port),
    tls: isEncrypted ? 'from-the-start' : loopback.test(hostname) ? 'none' : 'starttls',
    credentials: user === '' ? undefined : Object.freeze({ user, password: () => password }),
  })
}

/** Percent-decoded and printable; undefined otherwise. */
function decoded(text: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(text)) return undefined
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number(`0x${hex}`)),
  )
  const plain = Buffer.from(bytes, 'latin1').toString('utf8')
  return /[\p{Cc}\ufffd]/u.test(plain) ? undefined : plain
}

/** `Press <press@example.org>` or an address alone. The name has no characters that need quoting. */
export function parseSender(text: string): Sender | undefined {
  const found = /^([\p{L}\p{N}][\p{L}\p{N} .'’&+-]{0,78}) <([^<>]+)>$/u.exec(text)
  const [, name = '', address = text] = found ?? []
  const parsed = /^[\x21-\x7e]+$/.test(address) ? parseEmail(address) : undefined
  return parsed === undefined ? undefined : Object.freeze({ name: name.trim(), address: parsed })
}
