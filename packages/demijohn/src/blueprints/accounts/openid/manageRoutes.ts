/**
 * Accounts elsewhere that one's own can be signed in to by: link and unlink.
 *
 * Stops a link that is slipped in at an open session (a sign-in of the last 10 minutes is asked for,
 * ASVS 7.5.1) or by another site (a button with a token, after the provider's answer), sessions that
 * outlive a removed one (7.4.3), the removal of the last way in, and changes that the owner does not
 * hear of (6.3.7). The addresses of both sides may differ here: who is signed in, has proven it just
 * now and says yes to what the page shows is both people.
 */

import type { DemijohnTables } from '../../../data/tables.ts'
import { id } from '../../../defences/input/schemas.ts'
import type { OpenIdProvider } from '../../../defences/openid/types.ts'
import { redirect } from '../../../pipeline/answer.ts'
import { signedIn } from '../../../pipeline/kit.ts'
import type { Person, Reader } from '../../../pipeline/route.ts'
import { type AccountRoutes, type AccountsContext, show, storeAt } from '../context.ts'
import { changeFactors } from '../factors/context.ts'
import { tell } from '../links/mailing.ts'
import { identitiesPath, providerNamed } from './begin.ts'
import { carriedTo, identityField } from './carried.ts'
import { addIdentity, type Identity, isServed, listIdentities, removeIdentity } from './store.ts'

const fresh = signedIn.fresh('10 minutes')
const limit = '20 per hour'
const onlyWayIn =
  'This is the only way to sign in to your account. Set a password or add a passkey first.'

export function manageRoutes(routes: AccountRoutes, context: AccountsContext): void {
  listRoute(routes, context)
  linkRoute(routes, context)
  unlinkRoute(routes, context)
}

function listRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, siteName, providers } = context
  routes.get(identitiesPath, { access: fresh }, async ({ user, db, view }) => {
    const linked = await listIdentities({ db }, user.id)
    const isLinked = (provider: OpenIdProvider): boolean =>
      linked.some((one) => one.provider === provider.id)
    const parts = pages.identities({
      ...{ view, siteName },
      linked: linked.map((one) => ({ ...one, name: nameOf(one, providers) })),
      others: providers.filter((provider) => !isLinked(provider)),
    })
    return show(context, view, parts)
  })
}

/** Of a provider that there no longer is, what it was called in the project. */
function nameOf(identity: Identity, providers: readonly OpenIdProvider[]): string {
  const found = providers.find((provider) => isServed(identity, [provider]))
  return found?.name ?? `${identity.provider} (no longer in use)`
}

function linkRoute(routes: AccountRoutes, { siteName, mails, providers }: AccountsContext): void {
  routes.action(`${identitiesPath}/:provider/link`, {
    params: { provider: providerNamed(providers) },
    access: fresh,
    fields: { identity: identityField },
    limit,
    submit: async ({ values, params: { provider }, user, ...facts }) => {
      const { session, mail, record, now } = facts
      const about = { provider: provider.id, accountId: user.id }
      const identity = carriedTo(facts, about, values.identity)
      if (identity === undefined) {
        return redirect(identitiesPath, { notice: 'That took too long. Start again.' })
      }
      const linked = await changeFactors(session, async (transaction) => {
        const store = storeAt(transaction, now)
        const added = await addIdentity(store, user.id, { provider: provider.id, identity })
        if (!added) return undefined
        const facts = { siteName, provider: provider.name, path: '/account' } as const
        await tell(transaction, mail, { ...mails.identityLinked(facts), to: user.email })
        return true
      })
      if (linked === undefined) {
        const notice = `This account at ${provider.name} is linked to an account here already.`
        return redirect(identitiesPath, { notice })
      }
      record('user_updated', { targetId: user.id, changed: 'identity linked', ...about })
      return redirect(identitiesPath, {
        notice: `Your account at ${provider.name} is linked. Other devices are signed out.`,
      })
    },
  })
}

type Loading = {
  readonly db: Reader<DemijohnTables>
  readonly params: { readonly identity: string }
  readonly user: Person | null
}

/** One's own alone: anybody else's is a page that is not there. */
async function loadOwn({ db, params, user }: Loading): Promise<Identity | null> {
  const own = user === null ? [] : await listIdentities({ db }, user.id)
  return own.find((one) => one.id === params.identity) ?? null
}

function unlinkRoute(routes: AccountRoutes, { siteName, mails, providers }: AccountsContext): void {
  routes.action(`${identitiesPath}/:identity/unlink`, {
    params: { identity: id },
    load: loadOwn,
    access: fresh,
    limit,
    submit: async ({ resource, user, now, session, mail, record }) => {
      const name = nameOf(resource, providers)
      const removed = await changeFactors(session, async (transaction) => {
        const store = storeAt(transaction, now)
        if (!(await removeIdentity(store, user.id, { id: resource.id, providers }))) {
          return undefined
        }
        const facts = { siteName, provider: name, path: '/account' } as const
        await tell(transaction, mail, { ...mails.identityUnlinked(facts), to: user.email })
        return true
      })
      if (removed === undefined) return redirect(identitiesPath, { notice: onlyWayIn })
      const { provider } = resource
      record('user_updated', { targetId: user.id, changed: 'identity unlinked', provider })
      return redirect(identitiesPath, {
        notice: `Your account at ${name} is unlinked. Other devices are signed out.`,
      })
    },
  })
}
