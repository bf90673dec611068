/** The browser's own cookie, for handlers, and what it calls itself. */
import { randomSecret, sha256Hex } from '../core/bytes.ts'
import { parseSessionToken } from '../defences/sessions/cookie.ts'
import { readCookie, serialiseCookie } from '../web/cookies.ts'
import type { Arrival, Parts, WithHead } from './parts.ts'
import type { DeviceControl } from './writing.ts'

/** Clipped: the header is the client's to write, and rows are bounded. */
export function userAgentOf(head: WithHead['head']): string {
  return (head.headers.get('user-agent') ?? '').slice(0, 256)
}

export function deviceControl(parts: Parts, { head, effects }: Arrival & WithHead): DeviceControl {
  const { name, maxAgeSeconds, secure } = parts.deviceCookie
  const value = parseSessionToken(readCookie(head.headers.get('cookie'), name))
  return {
    id: value === undefined ? null : sha256Hex(value),
    issue: () => {
      if (value !== undefined) return sha256Hex(value)
      const fresh = randomSecret(parts.random)
      effects.cookies.push(serialiseCookie({ name, value: fresh, secure, maxAgeSeconds }))
      return sha256Hex(fresh)
    },
  }
}
