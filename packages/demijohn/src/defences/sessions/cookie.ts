/**
 * Name and attributes of the cookie that carries a session token.
 *
 * Stops tokens planted by a sibling host or over plain HTTP (`__Host-`, RFC 6265bis section
 * 4.1.3.2), read by script (HttpOnly), or sent along with another site's posts (SameSite=Lax).
 * ASVS 3.3.1 to 3.3.4. Does not stop script on this origin from acting as the person.
 */

import { isSecretShape } from '../../core/bytes.ts'

export type SessionCookie = {
  readonly name: '__Host-session' | 'session'
  readonly attributes: {
    readonly path: '/'
    readonly httpOnly: true
    readonly sameSite: 'Lax'
    readonly secure: boolean
  }
}

/** No Max-Age and no Expires: the browser forgets it when it closes, the server decides its end. */
const overHttps: SessionCookie = Object.freeze({
  name: '__Host-session',
  attributes: Object.freeze({ path: '/', httpOnly: true, sameSite: 'Lax', secure: true }),
})

const overLoopbackHttp: SessionCookie = Object.freeze({
  name: 'session',
  attributes: Object.freeze({ path: '/', httpOnly: true, sameSite: 'Lax', secure: false }),
})

/**
 * The one session cookie of a site. `http` is for development on the loopback address alone, where
 * a browser would not keep a Secure cookie; whoever picks the scheme refuses it elsewhere.
 */
export function sessionCookie(scheme: 'https' | 'http'): SessionCookie {
  return scheme === 'https' ? overHttps : overLoopbackHttp
}

/**
 * Tells one browser from another for as long as browsers keep a cookie: 400 days (RFC 6265bis section
 * 5.5). It opens nothing; see `DeviceControl`.
 */
export type DeviceCookie = {
  readonly name: '__Host-device' | 'device'
  readonly maxAgeSeconds: number
  readonly secure: boolean
}

export function deviceCookie(scheme: 'https' | 'http'): DeviceCookie {
  const secure = scheme === 'https'
  const maxAgeSeconds = 400 * 24 * 60 * 60
  return Object.freeze({ name: secure ? '__Host-device' : 'device', maxAgeSeconds, secure })
}

/** Reads a token from a cookie's value; undefined for whatever we cannot have issued. */
export function parseSessionToken(cookieValue: string | undefined): string | undefined {
  return cookieValue !== undefined && isSecretShape(cookieValue) ? cookieValue : undefined
}
