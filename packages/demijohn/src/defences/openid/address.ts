/**
 * Where a sign-in with a provider leads: the one kind of redirect that leaves the site.
 *
 * Stops an open redirect (CWE-601, ASVS 3.7.2): the class is not among the public entries, its text
 * is a private field, and what answers the browser asks for that field. An object that only looks
 * like one is a fault. Made of a provider's own metadata, never of anything that a request brought.
 */

/** Hosts of this machine, as they may stand in an address. */
const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

export function isLoopback({ hostname }: URL): boolean {
  return loopbackHosts.has(hostname)
}

const addressText = /^[\x21-\x7e]+$/

export class ProviderAddress {
  readonly #href: string

  /** @throws TypeError for anything but https, plain http of this machine apart. */
  constructor(url: URL) {
    const isPlain = url.protocol === 'http:' && isLoopback(url)
    if (url.protocol !== 'https:' && !isPlain) throw new TypeError('a provider is asked over https')
    if (url.username !== '' || url.password !== '') {
      throw new TypeError('the address of a provider holds no name or password')
    }
    if (!addressText.test(url.href)) throw new TypeError('the address is not fit for a header')
    this.#href = url.href
  }

  /** The address of what is one; undefined for what only looks like it. */
  static hrefOf(value: unknown): string | undefined {
    return value instanceof ProviderAddress ? value.#href : undefined
  }
}
