/**
 * Proving once more who one is, before what an account is proven by may change.
 *
 * Stops whoever sits down at an open session, or has copied one, with the password or without: who
 * has a second factor gives both, as at the sign-in (ASVS 7.5.1), or a passkey that has recognised
 * its owner. Does not end the session where the proof fails; the throttle makes guesses wait.
 */
import { isRefusal } from '../../core/refusals.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import { password } from '../../html/fields.ts'
import { html } from '../../html/template.ts'
import { redirect } from '../../pipeline/answer.ts'
import { signedIn } from '../../pipeline/kit.ts'
import type { Person, Reader } from '../../pipeline/route.ts'
import { perBrowser } from './allowance.ts'
import { confirmPassword } from './confirmPassword.ts'
import { type AccountRoutes, type AccountsContext, show } from './context.ts'
import { codeFieldIfShown, proveCode } from './factors/codes.ts'
import { hasSecondFactor } from './factors/store.ts'
import { nextPath } from './next.ts'
import { providerConfirmSection } from './openid/sections.ts'
import { passkeyConfirmSection } from './passkeys/sections.ts'

/** What the account has that can be asked for. */
type Proofs = { readonly hasPassword: boolean; readonly hasFactor: boolean }

type Facts = { readonly db: Reader<DemijohnTables>; readonly user: Person | null }

async function loadProofs({ db, user }: Facts): Promise<Proofs> {
  if (user === null) return { hasPassword: false, hasFactor: false }
  const account = await db
    .selectFrom('demijohn_accounts')
    .select('passwordHash')
    .where('id', '=', user.id)
    .executeTakeFirst()
  const hasPassword = account !== undefined && account.passwordHash !== null
  return { hasPassword, hasFactor: await hasSecondFactor({ db }, user.id) }
}

export function confirmRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, siteName, afterSignIn } = context
  routes.form('/login/confirm', {
    access: signedIn,
    query: { next: nextPath },
    load: loadProofs,
    fields: {
      password: password({ label: 'Password', purpose: 'current' }),
      code: codeFieldIfShown,
    },
    limit: perBrowser(30, 'minute'),
    page: async (facts) => {
      const { form, view, query, resource } = facts
      const { hasPassword, hasFactor } = resource
      const about = { ...facts, next: query.next, hasFactor }
      const passkey = await passkeyConfirmSection(about)
      const other = html`${passkey}${await providerConfirmSection(context, about)}`
      const { summary, hasErrors } = form
      const fields = hasFactor ? form.fields : form.field('password')
      const shown = { summary, hasErrors, fields }
      return show(context, view, pages.confirm({ form: shown, view, siteName, hasPassword, other }))
    },
    submit: async (facts) => {
      const { values, query, user, resource, session, record, fail } = facts
      const wrong = await confirmPassword(context, facts, values.password)
      if (wrong !== undefined) return isRefusal(wrong) ? wrong : fail(wrong.errors, wrong.wait)
      const method = resource.hasFactor
        ? await proveCode(context, facts, values.code)
        : ('password' as const)
      if (isRefusal(method)) return method
      if (typeof method !== 'string') return fail(method.errors, method.wait)
      if ((await session.prove(method)) === null) return redirect('/login')
      record('authn_login_success', { userId: user.id })
      return redirect(query.next ?? afterSignIn)
    },
  })
}
