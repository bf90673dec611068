/**
 * Making an account for somebody whom a provider has recognised, where registration is open.
 *
 * Stops an account that is made without its person (a button with a token), one under an address
 * that nobody has verified (what was sealed came from a provider that did), and two under one.
 */
import { provenAt } from '../../../defences/openid/decide.ts'
import type { ProviderIdentity } from '../../../defences/openid/types.ts'
import { personName } from '../../../html/personName.ts'
import { redirect } from '../../../pipeline/answer.ts'
import { anyone } from '../../../pipeline/kit.ts'
import { type AccountRoutes, type AccountsContext, show, storeAt } from '../context.ts'
import { type Account, type AccountStore, createAccount, findAccount } from '../data.ts'
import { finishSignIn } from '../finish.ts'
import { refusedPage } from '../links/open.ts'
import { providerNamed } from './begin.ts'
import { carriedTo, identityField } from './carried.ts'
import { addIdentity } from './store.ts'

export const registrationFields = {
  name: personName({ label: 'Your name', max: 80 }),
  identity: identityField,
}

const over = 'That took too long. Start again from the sign-in page.'

/** Thrown in the transaction to take it back. */
class Taken extends Error {
  override readonly name = 'Taken'
}

export function registerRoute(routes: AccountRoutes, context: AccountsContext): void {
  if (context.registration !== 'open') return
  const { pages, siteName, memberRole } = context
  routes.form('/login/with/:provider/new', {
    access: anyone,
    params: { provider: providerNamed(context.providers) },
    fields: registrationFields,
    limit: '30 per hour',
    page: ({ form, view, params: { provider } }) => {
      // Shown at first where the provider's answer is taken; alone it has nobody to be for.
      if (!form.hasErrors) return redirect('/login')
      const facts = { view, siteName, provider, form, email: undefined }
      return show(context, view, pages.providerRegister(facts))
    },
    submit: async ({ values, params: { provider }, fail, ...facts }) => {
      const { view, db, now, record } = facts
      if (view.user !== null) {
        return refusedPage(context, view, pages.signedInAlready({ view, siteName }))
      }
      const identity = carriedTo(facts, { provider: provider.id, accountId: null }, values.identity)
      if (identity?.email == null || !identity.isEmailVerified) return fail({ '': over })
      const person = { email: identity.email, name: values.name, role: memberRole }
      const account = await make(storeAt(db, now), { ...person, provider: provider.id, identity })
      if (account === undefined) {
        return refusedPage(context, view, pages.addressTaken({ view, siteName }))
      }
      record('user_created', { targetId: account.id, role: memberRole, by: 'provider' })
      const arrived = await finishSignIn(context, facts, {
        ...{ account, methods: ['provider'] as const, isNewAccount: true },
        authenticatedAt: provenAt(identity, now),
        notice: `Welcome to ${siteName}.`,
      })
      return arrived ?? redirect('/login')
    },
  })
}

/** Account and identity, or neither. */
async function make(
  store: AccountStore,
  about: {
    readonly email: string
    readonly name: string
    readonly role: string
    readonly provider: string
    readonly identity: ProviderIdentity
  },
): Promise<Account | undefined> {
  const { provider, identity, ...person } = about
  try {
    return await store.db.transaction().execute(async (db) => {
      const inside = { ...store, db }
      const emailVerifiedAt = store.clock.now()
      const made = await createAccount(inside, { ...person, passwordHash: null, emailVerifiedAt })
      if (made === undefined) throw new Taken()
      if (!(await addIdentity(inside, made.id, { provider, identity }))) throw new Taken()
      return findAccount(inside, made.id)
    })
  } catch (error) {
    if (error instanceof Taken) return undefined
    throw error
  }
}
