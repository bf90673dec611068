/** Signing in and out for handlers: the store's writes, and the cookies that go with them. */
import type { DemijohnTables } from '../data/tables.ts'
import type { IssuedSession, SessionRecord } from '../defences/sessions/types.ts'
import { expireCookie, serialiseCookie } from '../web/cookies.ts'
import type { Arrival, Parts, WithClient, WithCredential, WithHead } from './parts.ts'
import type { SessionControl } from './route.ts'

export function sessionControl(
  parts: Parts,
  known: Arrival & WithHead & WithClient & WithCredential,
): SessionControl<DemijohnTables> {
  const { effects } = known
  const { name, attributes } = parts.sessionCookie
  const current = (): SessionRecord | null =>
    effects.session === undefined ? known.session : effects.session

  function adopt({ token, session }: IssuedSession): void {
    effects.session = session
    effects.cookies.push(serialiseCookie({ name, value: token, secure: attributes.secure }))
  }

  function forget(): void {
    effects.session = null
    effects.clearSiteData = true
    effects.cookies.push(expireCookie({ name, secure: attributes.secure }))
  }

  return {
    async signIn(accountId) {
      const replaced = current()
      adopt(
        await parts.sessions.create({
          accountId,
          userAgent: known.head.headers.get('user-agent') ?? '',
          clientAddress: known.clientAddress,
          ...(replaced === null ? {} : { replaces: replaced.id }),
        }),
      )
      parts.log.event('session_created', { requestId: known.requestId, userId: accountId })
    },
    async signOut() {
      const session = current()
      if (session !== null) await parts.sessions.end(session.id)
      parts.log.event('session_logout', { requestId: known.requestId, userId: session?.accountId })
      forget()
    },
    async endOthers(options = {}) {
      const session = current()
      if (session === null) return
      const { accountId, id: except } = session
      // The others first: a fault in between leaves too few sessions, never too many.
      await parts.sessions.endAllOf(accountId, { except, ...options })
      const rotated = await parts.sessions.rotate(session, { because: 'reauthentication' })
      if (rotated === null) forget()
      else adopt(rotated)
    },
    endAllOf: async (accountId, options) => {
      await parts.sessions.endAllOf(accountId, options)
      if (current()?.accountId === accountId) forget()
    },
    accountChanged: (accountId, options) => parts.sessions.accountChanged(accountId, options),
  }
}
