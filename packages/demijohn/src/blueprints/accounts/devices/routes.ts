/**
 * A person's sessions: looking at them, and ending one, all others, or all (ASVS 7.5.2).
 *
 * Stops a thief who was not noticed from staying in. Ending asks for a recent proof, so that whoever
 * sits down at an open session does not lock its owner out of the others; looking does not. What is
 * ended is named by a key that is made of the person's id and looked up among their own: somebody
 * else's key is the same as one that never was.
 */
import type { Transaction } from 'kysely'
import { sha256Hex } from '../../../core/bytes.ts'
import type { DemijohnTables } from '../../../data/tables.ts'
import type { Family } from '../../../defences/sessions/rememberRows.ts'
import type { SessionSummary } from '../../../defences/sessions/types.ts'
import { hidden } from '../../../html/fields.ts'
import { redirect } from '../../../pipeline/answer.ts'
import { signedIn } from '../../../pipeline/kit.ts'
import type { SessionsReader } from '../../../pipeline/route.ts'
import { perBrowser } from '../allowance.ts'
import { type AccountRoutes, type AccountsContext, show, storeAt } from '../context.ts'
import { voidOpenLinks } from '../links/writes.ts'
import { forgetDevices } from './devices.ts'
import type { ShownRemembered, ShownSession } from './pages.ts'
import { describeBrowser } from './userAgent.ts'

export const sessionsPath = '/account/sessions'
const confirmPath = `/login/confirm?next=${encodeURIComponent(sessionsPath)}` as const
const freshMilliseconds = 10 * 60_000
const fresh = signedIn.fresh('10 minutes')

export function sessionRoutes(routes: AccountRoutes, context: AccountsContext): void {
  listRoute(routes, context)
  endingRoutes(routes)
}

function listRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, siteName } = context
  routes.get(sessionsPath, { access: signedIn }, async (facts) => {
    const { user, view, now, sessionId } = facts
    const { own, live, remembered } = await readOwn(facts.sessions, user.id)
    const current = own.find(({ id }) => id === sessionId)
    const parts = pages.sessions({
      ...{ view, siteName, confirmPath },
      sessions: own.map((session) => ({
        ...shown(user.id, session),
        isThis: session.id === sessionId,
        staysSignedIn: session.familyId !== null && live.has(session.familyId),
      })),
      remembered: remembered.map((family) => shownRemembered(user.id, family)),
      mayEnd: current !== undefined && now - current.authenticatedAt < freshMilliseconds,
    })
    return show(context, view, parts)
  })
}

function endingRoutes(routes: AccountRoutes): void {
  routes.action('/account/sessions/end', {
    access: fresh,
    fields: { key: hidden({ max: 64 }) },
    limit: perBrowser(60, 'minute'),
    submit: async ({ values, user, sessions, sessionId, session, record }) => {
      const { own, remembered } = await readOwn(sessions, user.id)
      const one = own.find(({ id }) => keyOf(user.id, id) === values.key)
      const family = remembered.find(({ familyId }) => keyOf(user.id, familyId) === values.key)
      const ended =
        (one !== undefined && (await session.endOne(one.id))) ||
        (family !== undefined && (await session.endRemembered(family.familyId)))
      if (!ended) return redirect(sessionsPath, { notice: 'There is no such session any more.' })
      record('authn_token_revoked', { userId: user.id, what: one ? 'session' : 'remembered' })
      if (one?.id === sessionId) return redirect('/login')
      return redirect(sessionsPath, { notice: 'That session has ended.' })
    },
  })

  routes.action('/account/sessions/others', {
    access: fresh,
    limit: perBrowser(20, 'minute'),
    submit: async ({ user, now, session, device, record }) => {
      await session.endOthers({
        remembered: 'keep this one',
        alongside: (db) => closeDoors(db, now, { accountId: user.id, except: device.id }),
      })
      record('authn_token_revoked', { userId: user.id, what: 'all others' })
      return redirect(sessionsPath, { notice: 'You are signed out everywhere else.' })
    },
  })

  routes.action('/account/sessions/everywhere', {
    access: fresh,
    limit: perBrowser(20, 'minute'),
    submit: async ({ user, now, session, record }) => {
      await session.endAllOf(user.id, {
        alongside: (db) => closeDoors(db, now, { accountId: user.id, except: null }),
      })
      record('authn_token_revoked', { userId: user.id, what: 'all' })
      return redirect('/login')
    },
  })
}

/** What whoever was in may have left to come back by: a browser that is known, a link on its way. */
async function closeDoors(
  db: Transaction<DemijohnTables>,
  now: number,
  { accountId, except }: { readonly accountId: string; readonly except: string | null },
): Promise<void> {
  await forgetDevices({ db }, { accountId, except })
  await voidOpenLinks(storeAt(db, now), accountId)
}

/** Remembered browsers that have a session open stand in the list with that. */
async function readOwn(
  sessions: SessionsReader,
  accountId: string,
): Promise<{
  readonly own: readonly SessionSummary[]
  /** The families of which a token is left. */
  readonly live: ReadonlySet<string>
  readonly remembered: readonly Family[]
}> {
  const own = await sessions.listOf(accountId)
  const open = new Set(own.map(({ familyId }) => familyId))
  const families = await sessions.rememberedOf(accountId)
  const live = new Set(families.map(({ familyId }) => familyId))
  return { own, live, remembered: families.filter(({ familyId }) => !open.has(familyId)) }
}

/** Says nothing of the id, which is the hash of a token, and is another for every person. */
function keyOf(accountId: string, id: string): string {
  return sha256Hex(JSON.stringify(['session', accountId, id])).slice(0, 32)
}

function shown(
  accountId: string,
  session: SessionSummary,
): Omit<ShownSession, 'isThis' | 'staysSignedIn'> {
  const { id, userAgent, clientAddress, createdAt, lastSeenAt } = session
  return {
    ...{ clientAddress, lastSeenAt, signedInAt: createdAt },
    key: keyOf(accountId, id),
    browser: describeBrowser(userAgent),
  }
}

function shownRemembered(accountId: string, family: Family): ShownRemembered {
  const { familyId, authenticatedAt, expiresAt } = family
  return { key: keyOf(accountId, familyId), signedInAt: authenticatedAt, expiresAt }
}
