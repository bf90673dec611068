/** What providers put into pages of others: the sign-in, and the proof that it is still the same person. */
import type { DemijohnTables } from '../../../data/tables.ts'
import { type Html, html } from '../../../html/template.ts'
import type { Person, Reader } from '../../../pipeline/route.ts'
import type { LocalPath } from '../../../web/localPath.ts'
import type { AccountsContext } from '../context.ts'
import { withNext } from '../next.ts'
import { providerLinks } from './pages.ts'
import { isServed, listIdentities } from './store.ts'

type Providers = Pick<AccountsContext, 'providers'>

export function providerSignInSection({ providers }: Providers, next: LocalPath | undefined): Html {
  return providerLinks(providers, next)
}

/**
 * The providers by which this person may confirm; none where a second factor is set up, for then one
 * proof is not enough.
 */
export async function providerConfirmSection(
  { providers }: Providers,
  facts: {
    readonly db: Reader<DemijohnTables>
    readonly user: Person
    readonly next: LocalPath | undefined
    readonly hasFactor: boolean
  },
): Promise<Html> {
  const { db, user, next, hasFactor } = facts
  if (hasFactor || providers.length === 0) return html``
  const linked = await listIdentities({ db }, user.id)
  const usable = providers.filter((provider) => linked.some((one) => isServed(one, [provider])))
  return html`${usable.map(
    ({ id, name }) =>
      html`<p><a class="button button-quiet" href="${withNext(`/login/confirm/with/${id}`, next)}">Confirm with ${name}</a></p>`,
  )}`
}
