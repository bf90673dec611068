/** The cookie in which a browser keeps what it set out with to a provider of sign-ins. */
import { expireCookie, readCookie, serialiseCookie } from '../web/cookies.ts'
import type { Arrival, Parts, WithHead } from './parts.ts'

export type FlowCookie = { readonly name: '__Host-openid' | 'openid'; readonly secure: boolean }

/** HttpOnly and SameSite=Lax, as every cookie: the way back is a navigation by GET. */
export function flowCookie(scheme: 'https' | 'http'): FlowCookie {
  const secure = scheme === 'https'
  return Object.freeze({ name: secure ? '__Host-openid' : 'openid', secure })
}

export type FlowControl = {
  /** What the browser brought, whatever it is. */
  readonly value: string | undefined
  /** `value` is sealed. A flow that was begun before is forgotten. */
  readonly keep: (value: string, maxAgeSeconds: number) => void
  readonly forget: () => void
}

export function flowControl(parts: Parts, { head, effects }: Arrival & WithHead): FlowControl {
  const { flowCookie: cookie } = parts
  return {
    value: readCookie(head.headers.get('cookie'), cookie.name),
    keep: (value, maxAgeSeconds) => {
      effects.cookies.push(serialiseCookie({ ...cookie, value, maxAgeSeconds }))
    },
    forget: () => {
      effects.cookies.push(expireCookie(cookie))
    },
  }
}
