/**
 * What the steps need to tell who is asking, and from where: sessions, remembered browsers, tokens, the
 * cookies, the keys that form tokens are bound to, and the origins that count as our own.
 */
import type { Random } from '../core/bytes.ts'
import { createRevisedStore } from '../data/revision.ts'
import { csrfOptions } from '../defences/csrf/options.ts'
import { sessionFormKeys, visitorFormKeys } from '../defences/csrf/token.ts'
import { visitorCookie } from '../defences/csrf/visitor.ts'
import { deviceCookie, sessionCookie } from '../defences/sessions/cookie.ts'
import { createDevices } from '../defences/sessions/device.ts'
import { sessionOptions } from '../defences/sessions/options.ts'
import { createRemembering } from '../defences/sessions/remember.ts'
import { rememberCookie } from '../defences/sessions/rememberCookie.ts'
import { createSessionStore } from '../defences/sessions/store.ts'
import type { TokenStore } from '../defences/tokens/store/types.ts'
import type { MailQueue } from '../mail/queue.ts'
import { flowCookie } from '../pipeline/flowControl.ts'
import type { Parts } from '../pipeline/parts.ts'
import type { RequestHead } from '../web/hygiene.ts'
import type { Project, Surroundings } from './application.ts'
import { sealedWith } from './sealed.ts'
import { theftAlarm } from './theftAlarm.ts'
import { tokenStoreOf } from './tokens.ts'

type Identity = Pick<
  Parts,
  | 'originsOf'
  | 'sessions'
  | 'sessionCookie'
  | 'deviceCookie'
  | 'devices'
  | 'remembering'
  | 'rememberCookie'
  | 'flowCookie'
  | 'sessionsReader'
  | 'visitorKeysOf'
  | 'visitorCookie'
  | 'sealed'
> & { readonly tokens: TokenStore }

export function identityParts(
  project: Project,
  surroundings: Surroundings,
  made: {
    readonly random: Random
    readonly mails: MailQueue | undefined
    readonly secondFactorRoles: ReadonlySet<string>
  },
): Identity {
  const { db, clock, origin, subkeys } = surroundings
  const { random, mails, secondFactorRoles } = made
  const scheme = origin.startsWith('https:') ? 'https' : 'http'
  const csrf = csrfOptions({
    ownOrigins: [origin === 'loopback' ? 'http://localhost' : origin],
    subkeys: subkeys('csrf'),
  })
  const revised = createRevisedStore({ db, clock })
  const sealed = sealedWith(subkeys, random)
  const sessions = createSessionStore({
    ...{ db, clock, random, secondFactorRoles, revised },
    formKeysOf: (sessionId) => sessionFormKeys(csrf.subkeys, sessionId),
    options: sessionOptions(project.sessions),
  })
  const alarm = theftAlarm(mails, project.blueprints)
  const remembering = createRemembering({ db, clock, random, sessions, alarm })
  return {
    originsOf: originsOf(origin, csrf.ownOrigins),
    sessions,
    sessionCookie: sessionCookie(scheme),
    deviceCookie: deviceCookie(scheme),
    devices: createDevices(subkeys('device'), random),
    remembering,
    rememberCookie: rememberCookie(scheme),
    flowCookie: flowCookie(scheme),
    sessionsReader: Object.freeze({ listOf: sessions.listOf, rememberedOf: remembering.listOf }),
    visitorKeysOf: (visitor) => visitorFormKeys(csrf.subkeys, visitor),
    visitorCookie: visitorCookie(scheme),
    sealed,
    tokens: tokenStoreOf(project, surroundings, { ...made, revised, sealed }),
  }
}

/** In development the site answers under every loopback name, so its origin is the one asked for. */
function originsOf(
  origin: string,
  ownOrigins: ReadonlySet<string>,
): (head: RequestHead) => ReadonlySet<string> {
  if (origin !== 'loopback') return () => ownOrigins
  let last = { host: '', origins: ownOrigins }
  return ({ host }) => {
    if (last.host !== host) last = { host, origins: new Set([`http://${host}`]) }
    return last.origins
  }
}
