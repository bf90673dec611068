/**
 * Where a provider of sign-ins is asked. Only openid-client calls it, with addresses of a provider's metadata.
 *
 * Stops requests into the inner network (CWE-918): https alone, no address of a machine by number but
 * the issuer's own, no redirect is followed. Stops a provider, or whoever stands in for it, from
 * using up memory and time: 256 KiB decoded, 5 seconds for the whole of it.
 *
 * Does not stop a name in a provider's metadata that leads inside by DNS: the provider is trusted to
 * say who somebody is, and every address there is https.
 */
import { isIP } from 'node:net'
import { isLoopback } from './address.ts'

const maxBytes = 256 * 1024
const maxMilliseconds = 5_000

/** The provider could not be asked, or had nothing to say: nobody's proof has failed. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

/** Whether an address that an issuer's metadata names may be asked. */
export function mayAsk(issuer: URL, url: URL): boolean {
  if (url.username !== '' || url.password !== '') return false
  if (url.origin === issuer.origin) return true
  // In development, the one other machine there is.
  if (issuer.protocol === 'http:') return isLoopback(url)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return url.protocol === 'https:' && isIP(host) === 0 && host.includes('.') && !isLocalName(host)
}

function isLocalName(host: string): boolean {
  return /(?:^|\.)(?:localhost|local|internal|home\.arpa)\.?$/.test(host)
}

type Init = {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

/** A `fetch` for one issuer. @throws Unreachable */
export function boundedFetch(issuer: URL): (address: string, init: Init) => Promise<Response> {
  return async (address, { method = 'GET', headers = {}, body }) => {
    const url = new URL(address)
    if (!mayAsk(issuer, url)) throw new Unreachable('an address that is not asked')
    const form = body === undefined || body === null ? null : String(body)
    const signal = AbortSignal.timeout(maxMilliseconds)
    try {
      const reply = await fetch(url, { method, headers, body: form, redirect: 'manual', signal })
      const bytes = await readBounded(reply)
      if (reply.status >= 500) throw new Unreachable(`status ${reply.status}`)
      const hasBody = reply.status !== 204 && reply.status !== 205 && reply.status !== 304
      const { status } = reply
      return new Response(hasBody ? bytes : null, { status, headers: reply.headers })
    } catch (error) {
      if (error instanceof Unreachable) throw error
      throw new Unreachable('no answer', { cause: error })
    }
  }
}

/** @throws Unreachable past the bound, before the rest is read. */
async function readBounded(reply: Response): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of reply.body ?? []) {
    length += part.byteLength
    if (length > maxBytes) throw new Unreachable('an answer over 256 KiB')
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}
