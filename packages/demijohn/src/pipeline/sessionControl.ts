/** Signing in and out for handlers: the store's writes, and the cookies that go with them. */
import type { DemijohnTables } from '../data/tables.ts'
import type { IssuedSession, SessionRecord } from '../defences/sessions/types.ts'
import { expireCookie, serialiseCookie } from '../web/cookies.ts'
import { userAgentOf } from './deviceControl.ts'
import type { Arrival, Parts, WithClient, WithCredential, WithHead } from './parts.ts'
import { clearRemember, keepRemember, rememberTokenOf } from './rememberControl.ts'
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

function holderOf(parts: Parts, known: Known): Holder {
  const { effects, session: brought } = known
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
      clearRemember(parts, known)
    },
  }
}

function proving(
  parts: Parts,
  known: Known,
  { current, adopt, forget }: Holder,
): Pick<Control, 'signIn' | 'prove'> {
  const { sessions, remembering, log } = parts
  const { head, clientAddress, requestId } = known
  return {
    async signIn({ remember = false, ...start }) {
      const replaced = current()
      await giveUpFamily(parts, known)
      const issued = await sessions.create({
        ...start,
        userAgent: userAgentOf(head),
        clientAddress,
        ...(replaced === null ? {} : { replaces: replaced.id }),
        ...(remember ? { familyId: remembering.plan() } : {}),
      })
      if (issued === null) return null
      adopt(issued)
      await beginFamily(parts, known, issued)
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
      if (session?.stage !== 'full') await beginFamily(parts, known, proven)
      return proven.session.stage
    },
  }
}

/**
 * Whoever asked to stay signed in does so from when the sign-in is complete: a password alone begins
 * no family, and ends none of its owner's by being one too many.
 */
async function beginFamily(parts: Parts, known: Known, issued: IssuedSession): Promise<boolean> {
  const { stage, familyId, ...session } = issued.session
  if (stage !== 'full' || familyId === null) return false
  const begun = await parts.remembering.begin({ ...session, familyId })
  if (begun !== null) keepRemember(parts, known, begun)
  return begun !== null
}

/** The family of the token that the browser brought ends: it signs in anew, or out. */
async function giveUpFamily(parts: Parts, known: Known): Promise<void> {
  const token = rememberTokenOf(parts, known)
  if (token === undefined) return
  await parts.remembering.drop(token)
  clearRemember(parts, known)
}

function ending(
  parts: Parts,
  known: Known,
  { current, adopt, forget }: Holder,
): Omit<Control, 'signIn' | 'prove'> {
  const { sessions, log } = parts
  const { requestId } = known
  return {
    ...endingOne(parts, { current, forget }),
    async signOut() {
      const session = current()
      await giveUpFamily(parts, known)
      if (session !== null) await endWithFamily(parts, session)
      log.event('session_logout', { requestId, userId: session?.accountId })
      forget()
    },
    async endOthers({ remembered = 'end all', ...options } = {}) {
      const session = current()
      if (session === null) throw new TypeError('endOthers: nobody is signed in; ask for signedIn')
      const { accountId, id: except, familyId } = session
      const isKept = remembered === 'keep this one' && familyId !== null
      const kept = isKept ? { exceptFamily: familyId } : {}
      // The others first: a fault in between leaves too few sessions, never too many.
      await sessions.endAllOf(accountId, { except, ...kept, ...options })
      const rotated = await sessions.rotate(session)
      if (rotated === null) return forget()
      adopt(rotated)
      // This browser stays remembered, by a token that nobody has a copy of.
      if (!isKept && !(await beginFamily(parts, known, rotated))) clearRemember(parts, known)
    },
    endAllOf: async (accountId, options) => {
      await sessions.endAllOf(accountId, options)
      if (current()?.accountId === accountId) forget()
    },
    accountChanged: (accountId, options) => sessions.accountChanged(accountId, options),
  }
}

type OneSession = Pick<SessionRecord, 'id' | 'accountId' | 'familyId'>

/** Without its family the browser would be back at the next request. */
async function endWithFamily({ sessions, remembering }: Parts, session: OneSession): Promise<void> {
  const { id, accountId, familyId } = session
  if (familyId !== null) await remembering.endFamily(accountId, familyId)
  await sessions.end(id)
}

/** Bound to the person: an id of somebody else's is the same as one that never was. */
function endingOne(
  parts: Parts,
  { current, forget }: Pick<Holder, 'current' | 'forget'>,
): Pick<Control, 'endOne' | 'endRemembered'> {
  return {
    async endOne(sessionId) {
      const session = current()
      const own = session === null ? [] : await parts.sessions.listOf(session.accountId)
      const found = own.find(({ id }) => id === sessionId)
      if (session === null || found === undefined) return false
      await endWithFamily(parts, { ...found, accountId: session.accountId })
      if (found.id === session.id) forget()
      return true
    },
    async endRemembered(familyId) {
      const session = current()
      if (session === null) return false
      const ended = await parts.remembering.endFamily(session.accountId, familyId)
      if (ended && session.familyId === familyId) forget()
      return ended
    },
  }
}
