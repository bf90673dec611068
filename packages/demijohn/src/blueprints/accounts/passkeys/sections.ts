/** What passkeys put into pages of others: the sign-in, its second step, the proof, the overview. */
import { relyingPartyOf } from '../../../defences/passkeys/relyingParty.ts'
import { type Html, html } from '../../../html/template.ts'
import type { Person } from '../../../pipeline/route.ts'
import type { LocalPath } from '../../../web/localPath.ts'
import { withNext } from '../next.ts'
import { type Asked, requestForm } from './answer.ts'
import { alone, confirmation, confirmPath, secondFactor } from './asked.ts'
import { passkeysPath } from './manageRoutes.ts'
import { passkeyFormMarkup } from './pages.ts'
import { confirmsBesidePassword, listPasskeys } from './store.ts'

type Facts = Parameters<typeof requestForm>[0] & { readonly next: LocalPath | undefined }
type OwnFacts = Facts & { readonly user: Person }

async function section(facts: Facts, asked: Asked): Promise<Html> {
  const form = await requestForm(facts, asked)
  if (form === undefined) return html``
  return passkeyFormMarkup(facts.view, form, { button: 'Use a passkey' })
}

/** For the sign-in page: a button, and passkeys among what the browser fills into the address. */
export function passkeySignInSection(facts: Facts): Promise<Html> {
  return section(facts, { ...alone(facts.next), autofill: true })
}

/** For the page of the second factor; empty for somebody without a passkey. */
export function passkeySecondFactorSection(facts: OwnFacts): Promise<Html> {
  return section(facts, secondFactor(facts.user.id, facts.next))
}

/**
 * For the page that asks for a recent proof; empty for somebody without a passkey. Where it may need
 * the password beside it, a page of its own has both.
 */
export async function passkeyConfirmSection(facts: OwnFacts): Promise<Html> {
  const { user, next, view } = facts
  const besidePassword = await confirmsBesidePassword(facts, user.id)
  if (!besidePassword) return section(facts, confirmation(user.id, next, { besidePassword }))
  if (relyingPartyOf(view.origin) === undefined) return html``
  return html`<p><a href="${withNext(confirmPath, next)}">Use a passkey instead</a></p>`
}

/** For the overview of second factors. */
export async function passkeyOverviewSection({
  db,
  user,
  next,
}: Pick<OwnFacts, 'db' | 'user' | 'next'>): Promise<Html> {
  const { length } = await listPasskeys({ db }, user.id)
  const count =
    length === 0 ? 'You have none.' : length === 1 ? 'You have one.' : `You have ${length}.`
  return html`<h2>Passkeys</h2>
<p>${count} A passkey takes the place of password and code, or of the code alone.</p>
<p><a href="${withNext(passkeysPath, next)}">${length === 0 ? 'Add a passkey' : 'Your passkeys'}</a></p>`
}
