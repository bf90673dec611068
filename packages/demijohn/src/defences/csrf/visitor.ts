/**
 * The cookie that ties the forms of somebody who is not signed in to their browser.
 *
 * Stops login CSRF, by which an attacker signs a victim's browser in as themselves: the sign-in
 * form has a token bound to this cookie. It holds 256 random bits that stand for nobody, nothing
 * is stored for it, and it is set only with a page that has a form. Without HTTPS, in development
 * on the loopback address, it lacks the `__Host-` prefix and another port could plant it.
 */

import { isSecretShape, type Random, randomSecret, systemRandom } from '../../core/bytes.ts'

export type VisitorCookie = {
  readonly name: '__Host-visitor' | 'visitor'
  readonly attributes: {
    readonly path: '/'
    readonly httpOnly: true
    readonly sameSite: 'Lax'
    readonly secure: boolean
  }
}

const overHttps: VisitorCookie = Object.freeze({
  name: '__Host-visitor',
  attributes: Object.freeze({ path: '/', httpOnly: true, sameSite: 'Lax', secure: true }),
})

const overLoopbackHttp: VisitorCookie = Object.freeze({
  name: 'visitor',
  attributes: Object.freeze({ path: '/', httpOnly: true, sameSite: 'Lax', secure: false }),
})

/** The one visitor cookie of a site. `http` is for development on the loopback address alone. */
export function visitorCookie(scheme: 'https' | 'http'): VisitorCookie {
  return scheme === 'https' ? overHttps : overLoopbackHttp
}

export function createVisitor(random: Random = systemRandom): string {
  return randomSecret(random)
}

/** Reads a cookie's value; undefined for what we cannot have set. */
export function parseVisitor(cookieValue: string | undefined): string | undefined {
  return cookieValue !== undefined && isSecretShape(cookieValue) ? cookieValue : undefined
}
