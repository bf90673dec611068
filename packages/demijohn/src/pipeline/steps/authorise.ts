/** Steps 6 to 8: who is asking, from where, and whether they may. Headers only; no body is read. */
import { refuse } from '../../core/refusals.ts'
import { decideRoute, type Standing } from '../../defences/access/decide.ts'
import { decideOrigin, readOriginFacts } from '../../defences/csrf/decide.ts'
import { parseVisitor } from '../../defences/csrf/visitor.ts'
import { parseSessionToken } from '../../defences/sessions/cookie.ts'
import type { SessionRecord } from '../../defences/sessions/types.ts'
import { expireCookie, readCookie } from '../../web/cookies.ts'
import type {
  Arrival,
  Parts,
  WithClient,
  WithCredential,
  WithHead,
  WithMatch,
  WithVerdict,
} from '../parts.ts'
import { comeBack, rememberTokenOf } from '../rememberControl.ts'
import type { Step } from '../step.ts'

type Known = Arrival & WithHead & WithMatch & WithClient
type Found = WithCredential | Promise<WithCredential>

const nobody: WithCredential = Object.freeze({ session: null, visitor: undefined })

/**
 * The session of the cookie, if it is alive. A dead one makes an anonymous visitor, and is cleared,
 * unless the browser is remembered: then a GET begins another session. Nothing else does, for what
 * is sent with a form belongs to the session that it was shown in.
 */
export function readCredential(parts: Parts): Step<Known, WithCredential> {
  const { name, attributes } = parts.sessionCookie
  const clearing = expireCookie({ name, secure: attributes.secure })

  function settle(session: SessionRecord | null, known: Known): Found {
    if (session !== null) return { session, visitor: undefined }
    return settleNobody(known, true)
  }

  function settleNobody(known: Known, hadSession: boolean): Found {
    const token = known.head.method === 'GET' ? rememberTokenOf(parts, known) : undefined
    if (token === undefined) return beNobody(known, hadSession)
    return comeBack(parts, known, token).then((back) => {
      if (typeof back === 'object') return { session: back.issued.session, visitor: undefined }
      return beNobody(known, hadSession && back !== 'leave')
    })
  }

  function beNobody(known: Known, isCleared: boolean): WithCredential {
    if (isCleared) known.effects.cookies.push(clearing)
    return { session: null, visitor: visitorOf(parts, known.head) }
  }

  return {
    name: 'credential',
    run: (known) => {
      if (known.match.route.credential === 'none') return nobody
      const cookie = readCookie(known.head.headers.get('cookie'), name)
      if (cookie === undefined) return settleNobody(known, false)
      const token = parseSessionToken(cookie)
      const found = token === undefined ? null : parts.sessions.find(token)
      if (found instanceof Promise) return found.then((session) => settle(session, known))
      return settle(found, known)
    },
  }
}

function visitorOf(parts: Parts, head: WithHead['head']): string | undefined {
  return parseVisitor(readCookie(head.headers.get('cookie'), parts.visitorCookie.name))
}

const nothing = Object.freeze({})

/** Where a write comes from, by Fetch Metadata and Origin; the token is checked with the body. */
export function checkOrigin(parts: Parts): Step<WithHead & WithMatch & WithCredential, object> {
  return {
    name: 'origin',
    run: ({ head, match }) => {
      if (match.route.credential === 'none') return nothing
      const sent = {
        method: head.method,
        fetchSite: head.headers.get('sec-fetch-site'),
        origin: head.headers.get('origin'),
      }
      const facts = readOriginFacts(sent, parts.originsOf(head))
      if (decideOrigin(facts).allowed) return nothing
      return refuse('csrf.cross-site', { detail: `${facts.fetchSite}, origin ${facts.origin}` })
    },
  }
}

function standingOf(session: SessionRecord | null): Standing {
  if (session === null) return null
  const { claimant: actor, stage, authenticatedAt } = session
  return { actor, stage, authenticatedAt }
}

/** The route's own rule, by role. `:own` is left to the object. */
export function checkAccess(parts: Parts): Step<Arrival & WithMatch & WithCredential, WithVerdict> {
  return {
    name: 'access',
    run: ({ match, session, now }) => {
      const { access } = match.route
      const verdict = decideRoute(access, standingOf(session), parts.reachOf, now)
      if (verdict !== 'decide-on-object' && !verdict.allowed) {
        return refuse(`access.${verdict.reason}`)
      }
      const isKnown = session !== null && (session.stage === 'full' || access.kind !== 'anyone')
      const user = isKnown ? session.claimant : null
      return { decideOnObject: verdict === 'decide-on-object', user }
    },
  }
}
