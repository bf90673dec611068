/**
 * Tells which client a request comes from.
 *
 * Stops forged X-Forwarded-For (ASVS 4.1.3): the header is read from the right, each step only
 * while the one who added it is a trusted peer by its address; the leftmost entry, which anybody
 * can write, is never taken for its place, and a count of hops is not offered. Stops an owner of an
 * IPv6 /64 from having 2^64 allowances (`clientKey`).
 *
 * Does not tell people behind one NAT apart. A trusted proxy has to append to the header, one
 * address without port per hop, as nginx, Caddy and HAProxy do.
 */
import { Misconfiguration } from '../core/misconfiguration.ts'
import { type Address, formatAddress, readAddress } from './address.ts'
import { trimBlanks } from './grammar.ts'

type Network = { readonly base: Address; readonly bits: number }

/** Networks whose peers are believed about whom they forward for. Made by `parseNetworks`. */
export type TrustedNetworks = readonly Network[]

/** What a peer without a readable address is called: one client in all, and never trusted. */
export const unknownClient = 'unknown'

/**
 * Reads addresses and CIDR networks; `what` they are is for messages. Throws Misconfiguration naming each that is malformed, has
 * bits set outside of its prefix, or trusts a whole address family.
 */
export function parseNetworks(
  networks: readonly string[],
  what = 'trusted proxies',
): TrustedNetworks {
  const parsed = networks.map((text) => ({ text, network: parseNetwork(text) }))
  const problems = parsed.flatMap(({ text, network }) =>
    typeof network === 'string' ? [`${what}: ${JSON.stringify(text)} ${network}`] : [],
  )
  if (problems.length > 0) throw new Misconfiguration(problems)
  return parsed.flatMap(({ network }) => (typeof network === 'string' ? [] : [network]))
}

function parseNetwork(text: string): Network | string {
  const slash = text.indexOf('/')
  const base = readAddress(slash === -1 ? text : text.slice(0, slash))
  if (base === undefined) return 'is not an address or a network: write 10.0.0.0/8 or fd00::/8'
  const most = typeof base === 'number' ? 32 : 128
  const prefix = slash === -1 ? String(most) : text.slice(slash + 1)
  const bits = /^(?:0|[1-9]\d{0,2})$/.test(prefix) ? Number(prefix) : 129
  if (bits > most) return `has no prefix between 1 and ${most}; IPv4 is written as IPv4`
  if (bits === 0) return 'trusts everybody: name them'
  const network = { base, bits }
  const first = clearHostBits(base, bits)
  return formatAddress(first) === formatAddress(base)
    ? network
    : `has bits set after its prefix: write ${formatAddress(first)}/${bits}`
}

function clearHostBits(address: Address, bits: number): Address {
  if (typeof address === 'number') return (address & maskOf(bits, 32)) >>> 0
  return address.map((group, i) => group & maskOf(bits - i * 16, 16))
}

/** The upper `bits` of a word of `width` bits. */
function maskOf(bits: number, width: 16 | 32): number {
  const host = Math.min(Math.max(width - bits, 0), width)
  return host === 32 ? 0 : (width === 16 ? 0xffff : -1) & (-1 << host)
}

function contains(network: Network, address: Address): boolean {
  const { base, bits } = network
  if (typeof base === 'number') {
    return typeof address === 'number' && ((base ^ address) & maskOf(bits, 32)) === 0
  }
  if (typeof address === 'number') return false
  return base.every((group, i) => ((group ^ (address[i] ?? 0)) & maskOf(bits - i * 16, 16)) === 0)
}

/**
 * The canonical address of the client: the peer's, or where the peer is trusted, the nearest
 * address from the right that is not. An entry that is not an address ends the search at the
 * proxy that passed it on, so that a forged header earns its sender nothing.
 */
export function findClient(facts: {
  readonly peerAddress: string
  /** X-Forwarded-For, repeated fields joined with commas. */
  readonly forwardedFor: string | undefined
  readonly trustedProxies: TrustedNetworks
}): string {
  const { forwardedFor, trustedProxies } = facts
  if (trustedProxies.length === 0 || forwardedFor === undefined) {
    return canonicalPeer(facts.peerAddress)
  }
  let client = readAddress(facts.peerAddress)
  if (client === undefined) return unknownClient
  let end = forwardedFor.length
  while (end > 0 && isTrusted(client, trustedProxies)) {
    const comma = forwardedFor.lastIndexOf(',', end - 1)
    const next = readAddress(trimBlanks(forwardedFor.slice(comma + 1, end)))
    if (next === undefined) break
    client = next
    end = comma
  }
  return formatAddress(client)
}

/** A client as people write it, an address or the /64 of one, by its key; undefined for anything else. */
export function parseClient(text: string): string | undefined {
  const address = readAddress(text.endsWith('/64') ? text.slice(0, -3) : text)
  if (address === undefined || (typeof address === 'number' && text.includes('/'))) return undefined
  return clientKey(formatAddress(address))
}

/** Whether a canonical address lies in one of the networks. What is no address lies in none. */
export function isWithin(address: string, networks: TrustedNetworks): boolean {
  if (networks.length === 0) return false
  const read = readAddress(address)
  return read !== undefined && isTrusted(read, networks)
}

function isTrusted(address: Address, networks: TrustedNetworks): boolean {
  for (const network of networks) {
    if (contains(network, address)) return true
  }
  return false
}

/** Few spellings make up most requests; each memory is emptied when it holds this many. */
const maxRemembered = 512
const peers = new Map<string, string>()
const keys = new Map<string, string>()

function remember(memory: Map<string, string>, text: string, answer: string): string {
  if (memory.size >= maxRemembered) memory.clear()
  memory.set(text, answer)
  return answer
}

function canonicalPeer(peerAddress: string): string {
  const known = peers.get(peerAddress)
  if (known !== undefined) return known
  const address = readAddress(peerAddress)
  if (address === undefined) return unknownClient
  return remember(peers, peerAddress, formatAddress(address))
}

/**
 * What limits and bans are counted by, from a canonical address: IPv4 as it is, IPv6 as its /64,
 * within which a host picks its addresses as it likes (RFC 4291 section 2.5.4, RFC 8981).
 */
export function clientKey(address: string): string {
  if (!address.includes(':')) return address
  const known = keys.get(address)
  if (known !== undefined) return known
  const groups = readAddress(address)
  if (groups === undefined) return unknownClient
  if (typeof groups === 'number') return formatAddress(groups)
  return remember(keys, address, `${formatAddress(clearHostBits(groups, 64))}/64`)
}
