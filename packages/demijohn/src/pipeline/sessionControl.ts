/** Signing in and out for handlers: the store's writes, and the cookies that go with them. */
import type { DemijohnTables } from '../data/tables.ts'
import type { IssuedSession, SessionRecord } from '../defences/sessions/types.ts'
import { expireCookie, serialiseCookie } from '../web/cookies.ts'
import { userAgentOf } from './deviceControl.ts'
import type { Arrival, Parts, WithClient, WithCredential, WithHead } from './parts.ts'
import type { SessionControl } from './writing.ts'

type Known = Arrival & WithHead & WithClient & WithCredential
type Control = SessionControl<DemijohnTables>

/** The session that the answer belongs to, as handlers change it. */
type Holder = {
  readonly current: () => SessionRecord | null
  readonly adopt: (issued: IssuedSession) => void
  readonly forget: () => void
}

export function sessionControl(parts: Parts, known: Known): Control {
  const holder = holderOf(parts, known)
  return { ...proving(parts, known, holder), ...ending(parts, known, holder) }
}

function holderOf(parts: Parts, { effects, session: brought }: Known): Holder {
  const { name, attributes } = parts.sessionCookie
  const { secure } = attributes
  return {
    current: () => (effects.session === undefined ? brought : effects.session),
    adopt: ({ token, session }) => {
      effects.session = session
      effects.cookies.push(serialiseCookie({ name, value: token, secure }))
    },
    forget: () => {
      effects.session = null
      effects.clearSiteData = true
      effects.cookies.push(expireCookie({ name, secure }))
    },
  }
}

function proving(
  { sessions, log }: Parts,
  { head, clientAddress, requestId }: Known,
  { current, adopt, forget }: Holder,
): Pick<Control, 'signIn' | 'prove'> {
  return {
    async signIn(start) {
      const replaced = current()
      const issued = await sessions.create({
        ...start,
        userAgent: userAgentOf(head),
        clientAddress,
        ...(replaced === null ? {} : { replaces: replaced.id }),
      })
      if (issued === null) return null
      adopt(issued)
      const { stage } = issued.session
      log.event('session_created', { requestId, userId: start.accountId, stage })
      return stage
    },
    async prove(method) {
      const session = current()
      const proven = session && (await sessions.rotate(session, { proven: [method] }))
      if (proven === null) {
        forget()
        return null
      }
      adopt(proven)
      return proven.session.stage
    },
  }
}

function ending(
  { sessions, log }: Parts,
  { requestId }: Known,
  { current, adopt, forget }: Holder,
): Omit<Control, 'signIn' | 'prove'> {
  return {
    async signOut() {
      const session = current()
      if (session !== null) await sessions.end(session.id)
      log.event('session_logout', { requestId, userId: session?.accountId })
      forget()
    },
    async endOthers(options = {}) {
      const session = current()
      if (session === null) throw new TypeError('endOthers: nobody is signed in; ask for signedIn')
      const { accountId, id: except } = session
      // The others first: a fault in between leaves too few sessions, never too many.
      await sessions.endAllOf(accountId, { except, ...options })
      const rotated = await sessions.rotate(session)
      if (rotated === null) forget()
      else adopt(rotated)
    },
    endAllOf: async (accountId, options) => {
      await sessions.endAllOf(accountId, options)
      if (current()?.accountId === accountId) forget()
    },
    accountChanged: (accountId, options) => sessions.accountChanged(accountId, options),
  }
}
