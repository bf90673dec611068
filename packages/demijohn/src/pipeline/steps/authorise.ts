/** Who is asking, from where, and whether they may. Headers only; no body is read. */
import { type Refusal, refuse } from '../../core/refusals.ts'
import { type AccessReason, decideRoute, type Standing } from '../../defences/access/decide.ts'
import { decideCors } from '../../defences/cors/decide.ts'
import { decideOrigin, readOriginFacts } from '../../defences/csrf/decide.ts'
import { isEmbedded } from '../../defences/csrf/embedding.ts'
import { parseVisitor } from '../../defences/csrf/visitor.ts'
import { parseSessionToken } from '../../defences/sessions/cookie.ts'
import type { SessionRecord } from '../../defences/sessions/types.ts'
import { tokenNetworks } from '../../defences/tokens/networks.ts'
import type { TokenPrincipal, TokenProblem } from '../../defences/tokens/principal.ts'
import { clientKey } from '../../web/client.ts'
import { expireCookie, readCookie } from '../../web/cookies.ts'
import { type ChallengedCode, challengeFor, codeOfProblem } from '../api/challenge.ts'
import { corsFacts } from '../api/cors.ts'
import type { CompiledRoute } from '../compile.ts'
import { signalsOf } from '../hear.ts'
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
import type { Credential } from '../route.ts'
import type { Step } from '../step.ts'

type Known = Arrival & WithHead & WithMatch & WithClient
type Found = WithCredential | Promise<WithCredential>
type FoundOrRefused = WithCredential | Refusal | Promise<WithCredential | Refusal>

const nobody: WithCredential = Object.freeze({ session: null, visitor: undefined, token: null })

/**
 * Who is asking, by the one kind of credential that the route takes: a cookie says nothing to a
 * program's route, a token nothing to a page, and to files neither does.
 */
export function readCredential(parts: Parts): Step<Known, WithCredential> {
  const read: Readonly<Record<Credential, (known: Known) => FoundOrRefused>> = {
    session: readSession(parts),
    bearer: readToken(parts),
    none: () => nobody,
  }
  return { name: 'credential', run: (known) => read[known.match.route.credential](known) }
}

/**
 * The session of the cookie, if it is alive. A dead one makes an anonymous visitor, and is cleared,
 * unless the browser is remembered: then a GET begins another session. Nothing else does, for what
 * is sent with a form belongs to the session that it was shown in.
 */
function readSession(parts: Parts): (known: Known) => Found {
  const { name, attributes } = parts.sessionCookie
  const clearing = expireCookie({ name, secure: attributes.secure })

  function settle(session: SessionRecord | null, known: Known): Found {
    if (session !== null) return { session, visitor: undefined, token: null }
    return settleNobody(known, true)
  }

  function settleNobody(known: Known, hadSession: boolean): Found {
    const token = known.head.method === 'GET' ? rememberTokenOf(parts, known) : undefined
    if (token === undefined) return beNobody(known, hadSession)
    return comeBack(parts, known, token).then((back) => {
      if (typeof back === 'object') {
        return { session: back.issued.session, visitor: undefined, token: null }
      }
      return beNobody(known, hadSession && back !== 'leave')
    })
  }

  function beNobody(known: Known, isCleared: boolean): WithCredential {
    if (isCleared) known.effects.cookies.push(clearing)
    return { session: null, visitor: visitorOf(parts, known.head), token: null }
  }

  return (known) => {
    const cookie = readCookie(known.head.headers.get('cookie'), name)
    if (cookie === undefined) return settleNobody(known, false)
    const token = parseSessionToken(cookie)
    const found = token === undefined ? null : parts.sessions.find(token)
    if (found instanceof Promise) return found.then((session) => settle(session, known))
    return settle(found, known)
  }
}

function visitorOf(parts: Parts, head: WithHead['head']): string | undefined {
  return parseVisitor(readCookie(head.headers.get('cookie'), parts.visitorCookie.name))
}

/**
 * The token of the Authorization field. Where one was sent it has to be good, also on a route that
 * asks for none: whoever sends it believes that it counts.
 */
function readToken(parts: Parts): (known: Known) => FoundOrRefused {
  const networks = tokenNetworks()

  function settle(found: TokenPrincipal | TokenProblem, known: Known): WithCredential | Refusal {
    if (typeof found !== 'object') return refuseToken(codeOfProblem[found], known.match.route)
    if (networks.isBack(found.id, clientKey(known.clientAddress), known.now)) {
      signalsOf(parts.sentinel, known).tokenFromTwoNetworks()
    }
    return { session: null, visitor: undefined, token: found }
  }

  return (known) => {
    const { head, wire, match, now } = known
    const authorization = head.headers.get('authorization')
    if (authorization === undefined) return nobody
    const [origin = ''] = parts.originsOf(head)
    const [path = ''] = wire.target.split('?', 1)
    const found = parts.readToken({
      ...{ authorization, proof: head.headers.get('dpop'), method: head.method, now },
      uri: `${origin}${path}`,
      requiresProof: match.route.policy?.requiresProof ?? false,
    })
    if (found instanceof Promise) return found.then((later) => settle(later, known))
    return settle(found, known)
  }
}

function refuseToken(code: ChallengedCode, { access, policy }: CompiledRoute): Refusal {
  const requiresProof = policy?.requiresProof ?? false
  return refuse(code, { headers: challengeFor(code, { requiresProof, rule: access }) })
}

const nothing = Object.freeze({})

/**
 * Where a request comes from. With a cookie: by Fetch Metadata and Origin, for writes; the token of the
 * form is checked with the body. With a token no other site can send it along, so it is a matter of
 * whose scripts may ask at all.
 */
export function checkOrigin(parts: Parts): Step<WithHead & WithMatch & WithCredential, object> {
  type Heading = WithHead['head']
  const check: Readonly<
    Record<Credential, (head: Heading, route: CompiledRoute) => object | Refusal>
  > = {
    session: (head) => checkOwnOrigin(parts, head),
    bearer: (head, { policy }) => {
      const { kind } = decideCors(corsFacts(parts, head, policy))
      return kind === 'refused' ? refuse('cors.origin-refused') : nothing
    },
    none: () => nothing,
  }
  return {
    name: 'origin',
    run: ({ head, match }) => check[match.route.credential](head, match.route),
  }
}

/**
 * What a page of another site asks for in passing, whatever the path: refused before anybody is
 * blamed for it. By Fetch Metadata; scripts of an origin that an API names are judged at its routes.
 */
export function refuseEmbedded(parts: Parts): Step<WithHead, object> {
  let named: ReadonlySet<string> | undefined
  return {
    name: 'embedding',
    run: ({ head: { method, path, headers } }) => {
      const { table } = parts
      const fetchSite = headers.get('sec-fetch-site')
      // Of most programs that is all there is to say, a banned one's too.
      if (fetchSite === undefined) return nothing
      named ??= new Set(table.routes.flatMap(({ policy }) => policy?.cors?.allowedOrigins ?? []))
      const facts = {
        method,
        fetchSite,
        fetchMode: headers.get('sec-fetch-mode'),
        fetchDest: headers.get('sec-fetch-dest'),
        isNamedOrigin: named.has(headers.get('origin') ?? ''),
      }
      if (!isEmbedded(facts)) return nothing
      const detail = `${facts.fetchSite}, ${facts.fetchMode ?? 'no mode'}, for ${facts.fetchDest ?? 'nothing'}`
      return refuse(table.isForPrograms(path) ? 'cors.origin-refused' : 'csrf.cross-site', {
        detail,
      })
    },
  }
}

function checkOwnOrigin(parts: Parts, head: WithHead['head']): object | Refusal {
  const sent = {
    method: head.method,
    fetchSite: head.headers.get('sec-fetch-site'),
    origin: head.headers.get('origin'),
  }
  const facts = readOriginFacts(sent, parts.originsOf(head))
  if (decideOrigin(facts).allowed) return nothing
  return refuse('csrf.cross-site', { detail: `${facts.fetchSite}, origin ${facts.origin}` })
}

function standingOf({ session, token }: WithCredential): Standing {
  if (token !== null) {
    return { actor: token.person, stage: 'full', authenticatedAt: token.authenticatedAt }
  }
  if (session === null) return null
  const { claimant: actor, stage, authenticatedAt } = session
  return { actor, stage, authenticatedAt }
}

/** The route's own rule, by role and, where a token speaks, by its scopes. `:own` is left to the object. */
export function checkAccess(parts: Parts): Step<Arrival & WithMatch & WithCredential, WithVerdict> {
  return {
    name: 'access',
    run: (known) => {
      const { match, session, token, now } = known
      const { access } = match.route
      const verdict = decideRoute(access, standingOf(known), parts.reachOf, now)
      if (verdict !== 'decide-on-object' && !verdict.allowed) {
        return refuseAccess(verdict.reason, match.route)
      }
      const decideOnObject = verdict === 'decide-on-object'
      if (token !== null) return { decideOnObject, user: token.person }
      const isKnown = session !== null && (session.stage === 'full' || access.kind !== 'anyone')
      return { decideOnObject, user: isKnown ? session.claimant : null }
    },
  }
}

function refuseAccess(reason: AccessReason, route: CompiledRoute): Refusal {
  if (route.credential !== 'bearer') return refuse(`access.${reason}`)
  switch (reason) {
    case 'sign-in-required':
      return refuseToken('token.missing', route)
    case 'scope-insufficient':
    case 'step-up-required':
      return refuseToken(`access.${reason}`, route)
    default:
      return refuse(`access.${reason}`)
  }
}
