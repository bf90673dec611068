/**
 * Name and attributes of the cookie that carries a remember token.
 *
 * As the session's, with an end: planted by no sibling host, read by no script, sent with no other
 * site's posts. ASVS 3.3.1 to 3.3.4.
 */

export type RememberCookie = {
  readonly name: '__Host-remember' | 'remember'
  readonly secure: boolean
}

const overHttps: RememberCookie = Object.freeze({ name: '__Host-remember', secure: true })
const overLoopbackHttp: RememberCookie = Object.freeze({ name: 'remember', secure: false })

/** The one remember cookie of a site. `http` is for development on the loopback address alone. */
export function rememberCookie(scheme: 'https' | 'http'): RememberCookie {
  return scheme === 'https' ? overHttps : overLoopbackHttp
}
