/**
 * The networks that a client's key stands in: IPv4 its /24 and /16, an IPv6 /64 its /48 and /32,
 * which are what a site and what a provider gets (RFC 6177, RFC 4291).
 */
import { formatAddress, readAddress } from '../../web/address.ts'

/** From the narrow to the wide; none for a key that is no address. */
export function widerNetworks(key: string): readonly string[] {
  const address = readAddress(key.endsWith('/64') ? key.slice(0, -3) : key)
  if (address === undefined) return []
  if (typeof address === 'number') {
    const network = (bits: number) => (address - (address % 2 ** (32 - bits))) >>> 0
    return [24, 16].map((bits) => `${formatAddress(network(bits))}/${bits}`)
  }
  return [3, 2].map((groups) => {
    const network = address.map((group, at) => (at < groups ? group : 0))
    return `${formatAddress(network)}/${groups * 16}`
  })
}
