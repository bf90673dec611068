/**
 * Decides whether we answer under the name in Host.
 *
 * Stops links in mail and redirects from being written to a name that the client chose, and DNS
 * rebinding against a development server. RFC 9110 section 7.2, RFC 9112 section 3.2: a missing,
 * repeated or malformed Host is answered with 400; a well-formed name that is not ours with 421
 * (RFC 9110 section 15.5.20). X-Forwarded-Host is never read.
 */
import { type Refusal, refuse } from '../core/refusals.ts'

/** The names that are ours as lower-case `host[:port]`, or `loopback`: this machine, any port. */
export type Hosts = ReadonlySet<string> | 'loopback'

const loopback = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/

/** Registered name, IPv4 or bracketed IPv6 with an optional port: no userinfo, list, blank or `%`. */
const wellFormed = /^(?:[a-z0-9_.-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/

/** Gives the host in lower case, or a refusal. */
export function checkHost(value: string | undefined, hosts: Hosts): string | Refusal {
  if (value === undefined) return refuse('request.header', { detail: 'host missing' })
  if (hosts !== 'loopback' && hosts.has(value)) return value
  const host = value.toLowerCase()
  const match = value.length > 300 ? null : wellFormed.exec(host)
  if (match === null || Number(match[1] ?? 0) > 65_535) {
    return refuse('request.header', { detail: 'host malformed' })
  }
  const ours = hosts === 'loopback' ? loopback.test(host) : hosts.has(host)
  return ours ? host : refuse('request.host', { detail: 'host not ours' })
}
