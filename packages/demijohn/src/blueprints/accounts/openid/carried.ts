/**
 * An identity on its way through a page: what a provider said, until the person has pressed a button.
 *
 * Stops a page from being sent with somebody else's identity, and one that was made for another
 * question, account or provider: it is sealed under a purpose and the provider's id, names the
 * account, and is over after ten minutes. Does not by itself tell browsers apart; the form token does.
 */
import { flowMinutes } from '../../../defences/openid/flow.ts'
import type { ProviderIdentity } from '../../../defences/openid/types.ts'
import { hidden } from '../../../html/fields.ts'
import type { Sealed } from '../../../pipeline/writing.ts'

/** To be linked to an account, or to have one made. */
export type Carried = {
  readonly provider: string
  /** null: an account is to be made. */
  readonly accountId: string | null
  readonly identity: ProviderIdentity
}

type Moment = { readonly sealed: Sealed; readonly now: number }

const purpose = 'openid-identity'
const nobody = ''

export const identityField = hidden({ max: 4_000 })

export function carry({ sealed, now }: Moment, { provider, accountId, identity }: Carried): string {
  const until = now + flowMinutes * 60_000
  return sealed.seal(purpose, provider, JSON.stringify([until, accountId ?? nobody, identity]))
}

/** The identity, if it was sealed for this very account and provider, and is not over. */
export function carriedTo(
  { sealed, now }: Moment,
  { provider, accountId }: Pick<Carried, 'provider' | 'accountId'>,
  text: string,
): ProviderIdentity | undefined {
  const opened = sealed.unseal(purpose, provider, text)
  if (opened === undefined) return undefined
  // What is opened was written by `carry`, under a key that nobody else has.
  const [until, owner, identity] = JSON.parse(opened) as [number, string, ProviderIdentity]
  return now < until && owner === (accountId ?? nobody) ? identity : undefined
}
