/**
 * From the fields of a form to a verdict, with the challenge spent on the way: what every route that
 * takes a passkey does, and the form with which each of them asks.
 */
import type { DemijohnTables } from '../../../data/tables.ts'
import { relyingPartyOf } from '../../../defences/passkeys/relyingParty.ts'
import { verifyAssertion } from '../../../defences/passkeys/verify.ts'
import type { Values } from '../../../html/form.ts'
import type { Reader, View } from '../../../pipeline/route.ts'
import type { Sealed, Writing } from '../../../pipeline/writing.ts'
import { storeAt } from '../context.ts'
import { ask, spend } from './challenge.ts'
import { hiddenFields, requestFields } from './fields.ts'
import { requestOptions } from './options.ts'
import type { PasskeyForm } from './pages.ts'
import { findPasskey, listPasskeys, notePasskeyUse, type OwnedPasskey } from './store.ts'

/** Said for every answer that is not taken: why, stands in the log. */
export const notTaken = 'This passkey could not be used. Try again, or use another way.'

type Reading = {
  readonly db: Reader<DemijohnTables>
  readonly sealed: Sealed
  readonly now: number
  readonly view: View
}

/** Who is asked: null for whoever comes. `required`: the device has to recognise its owner. */
export type Asked = {
  readonly action: `/${string}`
  readonly accountId: string | null
  readonly userVerification: 'required' | 'preferred'
  readonly autofill?: boolean
}

/** Undefined where browsers have no passkeys, and for somebody who has none. Writes nothing. */
export async function requestForm(
  facts: Reading,
  { action, accountId, userVerification, autofill = false }: Asked,
): Promise<PasskeyForm | undefined> {
  const relyingParty = relyingPartyOf(facts.view.origin)
  if (relyingParty === undefined) return undefined
  const allowed = accountId === null ? [] : await listPasskeys(facts, accountId)
  if (accountId !== null && allowed.length === 0) return undefined
  const { challenge, proof } = ask(facts, { purpose: 'passkey-get', accountId })
  const options = requestOptions({ challenge, relyingParty, allowed, userVerification })
  return { kind: 'get', action, options, hidden: hiddenFields(requestFields, proof), autofill }
}

type Handling = Pick<Writing<DemijohnTables>, 'db' | 'record'> & Omit<Reading, 'db'>

export type Taken = {
  readonly account: OwnedPasskey['account']
  readonly credentialId: Uint8Array
  readonly userVerified: boolean
  /** See `ProvenPasskey`: to be noted where another factor was given as well. */
  readonly uvInitialized: boolean
}

/** Whose passkey has answered; undefined, and a line in the log, when none that counts here has. */
export async function takeAnswer(
  { db, record, sealed, now, view }: Handling,
  values: Values<typeof requestFields>,
  { accountId, userVerification }: Omit<Asked, 'action' | 'autofill'>,
): Promise<Taken | undefined> {
  const refuse = (problem: string, userId?: string): undefined => {
    record('authn_login_fail', {
      method: 'passkey',
      problem,
      userId: userId ?? accountId ?? undefined,
    })
  }
  const store = storeAt(db, now)
  const relyingParty = relyingPartyOf(view.origin)
  if (relyingParty === undefined) return refuse('origin')
  const challenge = await spend(store, sealed, { purpose: 'passkey-get', accountId }, values)
  if (challenge === undefined) return refuse('challenge')
  const found = await findPasskey(store, values.credentialId)
  if (found === undefined) return refuse('unknown')
  const { account, stored } = found
  if (accountId !== null && account.id !== accountId) return refuse('somebody else', account.id)
  const verdict = verifyAssertion(values, stored, {
    ...{ challenge, relyingParty },
    userVerification: userVerification === 'required',
    userHandle: accountId === null ? 'required' : 'if-given',
  })
  if (!verdict.ok) return refuse(verdict.problem, account.id)
  const noted = await notePasskeyUse(store, stored, verdict.signCount)
  if (!noted) return refuse('sign-count', account.id)
  const { userVerified, uvInitialized } = verdict
  return { account, credentialId: stored.credentialId, userVerified, uvInitialized }
}
