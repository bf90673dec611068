/** The browser's own cookie, for handlers, and what it calls itself. */
import { readCookie, serialiseCookie } from '../web/cookies.ts'
import type { Arrival, Parts, WithHead } from './parts.ts'
import type { DeviceControl } from './writing.ts'

/** Clipped: the header is the client's to write, and rows are bounded. */
export function userAgentOf(head: WithHead['head']): string {
  return (head.headers.get('user-agent') ?? '').slice(0, 256)
}

export function deviceControl(parts: Parts, { head, effects }: Arrival & WithHead): DeviceControl {
  const { name, maxAgeSeconds, secure } = parts.deviceCookie
  const known = deviceIdOf(parts, head)
  return {
    id: known,
    issue: () => {
      if (known !== null) return known
      const { value, id } = parts.devices.make()
      effects.cookies.push(serialiseCookie({ name, value, secure, maxAgeSeconds }))
      return id
    },
  }
}

/** Which browser it is, of those in which somebody has signed in before; null for all others. */
export function deviceIdOf(
  { devices, deviceCookie }: Pick<Parts, 'devices' | 'deviceCookie'>,
  head: WithHead['head'],
): string | null {
  return devices.idOf(readCookie(head.headers.get('cookie'), deviceCookie.name))
}
