/**
 * IP addresses in one spelling each.
 *
 * Stops one client from having many names, or many clients one: limits, bans and trusted networks
 * compare canonical text. Strict: no octet over 255 and no leading zero (RFC 6943 section 3.1.1),
 * no zone (RFC 4007), one `::` at most. Canonical IPv6 is RFC 5952; IPv4-mapped IPv6 (RFC 4291
 * section 2.5.5.2) is the IPv4 address that it stands for.
 */

/** An IPv4 address as an unsigned 32-bit number, or the eight groups of an IPv6 address. */
export type Address = number | readonly number[]

const maxCharacters = 45

/** The canonical text of an IPv4 or IPv6 address; undefined for anything else. */
export function parseAddress(text: string): string | undefined {
  const address = readAddress(text)
  return address === undefined ? undefined : formatAddress(address)
}

export function readAddress(text: string): Address | undefined {
  if (text.length > maxCharacters) return undefined
  if (!text.includes(':')) return readIpv4(text)
  const groups = readIpv6(text)
  return groups === undefined ? undefined : (unmap(groups) ?? groups)
}

export function formatAddress(address: Address): string {
  return typeof address === 'number' ? formatIpv4(address) : formatIpv6(address)
}

const octetShape = /^(?:0|[1-9]\d{0,2})$/

function readIpv4(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let address = 0
  for (const part of parts) {
    const octet = octetShape.test(part) ? Number(part) : 256
    if (octet > 255) return undefined
    address = address * 256 + octet
  }
  return address
}

function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

/** `::` stands for one group of zeros or more (RFC 4291 section 2.2). */
function readIpv6(text: string): readonly number[] | undefined {
  const gap = text.indexOf('::')
  if (gap === -1) {
    const groups = readGroups(text)
    return groups?.length === 8 ? groups : undefined
  }
  const head = gap === 0 ? [] : readGroups(text.slice(0, gap), 'no IPv4 at the end')
  const tail = gap + 2 === text.length ? [] : readGroups(text.slice(gap + 2))
  if (head === undefined || tail === undefined || head.length + tail.length > 7) return undefined
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

const groupShape = /^[0-9a-fA-F]{1,4}$/

function readGroups(text: string, ending?: 'no IPv4 at the end'): number[] | undefined {
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (groupShape.test(part)) {
      groups.push(Number.parseInt(part, 16))
      continue
    }
    const ipv4 = i === parts.length - 1 && ending === undefined ? readIpv4(part) : undefined
    if (ipv4 === undefined) return undefined
    groups.push(ipv4 >>> 16, ipv4 & 0xffff)
  }
  return groups
}

function unmap(groups: readonly number[]): number | undefined {
  const [a, b, c, d, e, f, high = 0, low = 0] = groups
  const mapped = a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && f === 0xffff
  return mapped ? high * 0x10000 + low : undefined
}

/** The first of the longest runs of two zero groups or more becomes `::` (RFC 5952 section 4.2). */
function formatIpv6(groups: readonly number[]): string {
  let start = 0
  let length = 1
  for (let i = 0; i < 8; i += 1) {
    let end = i
    while (groups[end] === 0) end += 1
    if (end - i > length) {
      start = i
      length = end - i
    }
    i = end
  }
  const text = groups.map((group) => group.toString(16))
  if (length < 2) return text.join(':')
  return `${text.slice(0, start).join(':')}::${text.slice(start + length).join(':')}`
}
