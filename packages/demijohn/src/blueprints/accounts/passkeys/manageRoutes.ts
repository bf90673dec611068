/**
 * The passkeys of one's own account: add, rename, remove.
 *
 * Stops a passkey that is slipped in at an open session (the sign-in has to be fresh, ASVS 7.5.1),
 * sessions that outlive a removed one (7.4.3), the removal of the last way in, and changes that the
 * owner does not hear of (6.3.7).
 */
import { sha256Hex } from '../../../core/bytes.ts'
import type { StandardSchemaV1 } from '../../../core/standardSchema.ts'
import type { DemijohnTables } from '../../../data/tables.ts'
import { relyingPartyOf } from '../../../defences/passkeys/relyingParty.ts'
import { type NewPasskey, verifyRegistration } from '../../../defences/passkeys/verify.ts'
import type { Values } from '../../../html/form.ts'
import { redirect } from '../../../pipeline/answer.ts'
import { enrolling, signedIn } from '../../../pipeline/kit.ts'
import type { Person, Reader, View } from '../../../pipeline/route.ts'
import type { Sealed, Writing } from '../../../pipeline/writing.ts'
import type { LocalPath } from '../../../web/localPath.ts'
import { perBrowser } from '../allowance.ts'
import { type AccountRoutes, type AccountsContext, show, storeAt } from '../context.ts'
import { changeFactors } from '../factors/context.ts'
import { countRecoveryCodes, makeRecoveryCodes } from '../factors/recoveryCodes.ts'
import { finishEnrolment } from '../finish.ts'
import { tell } from '../links/mailing.ts'
import { nextPath, withNext } from '../next.ts'
import { ask, spend } from './challenge.ts'
import { creationFields, hiddenFields, passkeyName } from './fields.ts'
import { creationOptions } from './options.ts'
import type { OwnPasskey, PasskeyForm } from './pages.ts'
import {
  addPasskey,
  listPasskeys,
  maxPasskeys,
  type Passkey,
  removePasskey,
  renamePasskey,
  type WhyKept,
} from './store.ts'

export const passkeysPath = '/account/factors/passkeys'

const notAdded = 'This passkey could not be added. Try again.'
const tooMany = `You have ${maxPasskeys} passkeys. Remove one that you do not use any more.`
const kept: Readonly<Record<WhyKept, string>> = {
  'only-way-in':
    'This passkey is the only way into your account. Choose a password or add another passkey first.',
  'second-factor-demanded':
    'Your account needs a second factor, and this is the only one. Add another one first.',
}

export function passkeyManageRoutes(routes: AccountRoutes, context: AccountsContext): void {
  addRoute(routes, context)
  renameRoute(routes, context)
  removeRoute(routes, context)
}

type Reading = {
  readonly db: Reader<DemijohnTables>
  readonly sealed: Sealed
  readonly now: number
  readonly view: View
  readonly user: Person
}

function creationForm(
  facts: Reading,
  siteName: string,
  existing: readonly Passkey[],
  next: LocalPath | undefined,
): PasskeyForm | undefined {
  const { view, user: person } = facts
  const relyingParty = relyingPartyOf(view.origin)
  if (relyingParty === undefined) return undefined
  const { challenge, proof } = ask(facts, { purpose: 'passkey-create', accountId: person.id })
  const options = creationOptions({ challenge, relyingParty, siteName, person, existing })
  const hidden = hiddenFields(creationFields, proof)
  const action = withNext(passkeysPath, next)
  return { kind: 'create', action, options, hidden, autofill: false }
}

function addRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { siteName, pages } = context
  routes.form(passkeysPath, {
    access: enrolling,
    query: { next: nextPath },
    fields: creationFields,
    limit: perBrowser(20, 'hour'),
    page: async ({ form, ...facts }) => {
      const { view, user, query } = facts
      const existing = await listPasskeys(facts, user.id)
      const parts = pages.passkeys({
        ...{ view, siteName },
        passkeys: existing.map(withPath),
        form: { summary: form.summary, name: form.field('name') },
        ask: creationForm(facts, siteName, existing, query.next),
      })
      return show(context, view, parts)
    },
    submit: async ({ values, user, fail, ...facts }) => {
      const { record } = facts
      const existing = await listPasskeys(facts, user.id)
      if (existing.length >= maxPasskeys) return fail({ '': tooMany })
      const made = await verifyNew({ ...facts, user }, values)
      if (typeof made === 'string') {
        record('authn_login_fail', { userId: user.id, at: 'new passkey', problem: made })
        return fail({ '': notAdded })
      }
      const recoveryCodes = await writeNew(context, { ...facts, user }, { made, values })
      if (recoveryCodes === undefined) return fail({ '': 'This passkey is in use already.' })
      record('user_updated', { targetId: user.id, changed: 'passkey added' })
      return finishEnrolment(
        context,
        { ...facts, user },
        {
          method: made.userVerified ? 'passkey-verified' : 'passkey',
          ...{ recoveryCodes, overview: passkeysPath, notice: 'Your passkey is added.' },
        },
      )
    },
  })
}

type Handling = Pick<Writing<DemijohnTables>, 'db' | 'session' | 'mail'> & Omit<Reading, 'db'>
type NewValues = Values<typeof creationFields>

/** The new passkey, or why it is none: for the log. */
async function verifyNew(
  { db, sealed, now, view, user }: Handling,
  values: NewValues,
): Promise<NewPasskey | string> {
  const relyingParty = relyingPartyOf(view.origin)
  if (relyingParty === undefined) return 'origin'
  const asking = { purpose: 'passkey-create', accountId: user.id } as const
  const challenge = await spend(storeAt(db, now), sealed, asking, values)
  if (challenge === undefined) return 'challenge'
  const { credentialId, clientData, attestation: attestationObject } = values
  const answer = { credentialId, clientData, attestationObject }
  const verdict = verifyRegistration(answer, { challenge, relyingParty, userVerification: false })
  return verdict.ok ? verdict : verdict.problem
}

/**
 * New recovery codes, or none where some are left. Undefined, and nothing is written, when the passkey
 * is there already.
 */
function writeNew(
  { siteName, mails }: AccountsContext,
  { session, mail, now, user }: Handling,
  { made, values }: { readonly made: NewPasskey; readonly values: NewValues },
): Promise<readonly string[] | undefined> {
  return changeFactors(session, async (transaction) => {
    const store = storeAt(transaction, now)
    if (!(await addPasskey(store, user.id, made, values))) return undefined
    const parts = mails.passkeyAdded({ siteName, path: passkeysPath })
    await tell(transaction, mail, { ...parts, to: user.email })
    const left = await countRecoveryCodes(store, user.id)
    return left > 0 ? [] : makeRecoveryCodes(store, user.id)
  })
}

/** Passkeys have no short name of their own, and their ids may be longer than an address. */
const digest: StandardSchemaV1<unknown, string> = {
  '~standard': {
    version: 1,
    vendor: 'demijohn',
    validate: (value) =>
      typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
        ? { value }
        : { issues: [{ message: 'not a passkey' }] },
  },
}

function withPath(passkey: Passkey): OwnPasskey {
  return { ...passkey, path: `${passkeysPath}/${sha256Hex(passkey.id)}` }
}

type Loading = {
  readonly db: Reader<DemijohnTables>
  readonly params: { readonly passkey: string }
  readonly user: Person | null
}

/** One's own alone: anybody else's is a page that is not there. */
async function loadOwn({ db, params, user }: Loading): Promise<OwnPasskey | null> {
  const own = user === null ? [] : await listPasskeys({ db }, user.id)
  const found = own.find(({ id }) => sha256Hex(id) === params.passkey)
  return found === undefined ? null : withPath(found)
}

function renameRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { siteName, pages } = context
  routes.form(`${passkeysPath}/:passkey`, {
    params: { passkey: digest },
    load: loadOwn,
    access: signedIn.fresh('10 minutes'),
    fields: { name: passkeyName },
    limit: perBrowser(60, 'hour'),
    initial: ({ resource }) => ({ name: resource.name }),
    page: ({ form, view, resource }) =>
      show(context, view, pages.passkey({ view, siteName, passkey: resource, form })),
    submit: async ({ values, resource, user, db, now }) => {
      await renamePasskey(storeAt(db, now), user.id, { id: resource.id, name: values.name })
      return redirect(passkeysPath, { notice: 'The name is changed.' })
    },
  })
}

function removeRoute(routes: AccountRoutes, { siteName, mails }: AccountsContext): void {
  routes.action(`${passkeysPath}/:passkey/remove`, {
    params: { passkey: digest },
    load: loadOwn,
    access: signedIn.fresh('10 minutes'),
    limit: perBrowser(20, 'hour'),
    submit: async ({ resource, user, secondFactorRoles, now, session, mail, record }) => {
      const isDemanded = secondFactorRoles.has(user.role)
      let why: WhyKept | undefined
      const removed = await changeFactors(session, async (transaction) => {
        const store = storeAt(transaction, now)
        why = await removePasskey(store, user.id, { id: resource.id, isDemanded })
        if (why !== undefined) return undefined
        const parts = mails.passkeyRemoved({ siteName, path: passkeysPath })
        await tell(transaction, mail, { ...parts, to: user.email })
        return true
      })
      if (removed === undefined) {
        return redirect(passkeysPath, { notice: kept[why ?? 'only-way-in'] })
      }
      record('user_updated', { targetId: user.id, changed: 'passkey removed' })
      return redirect(passkeysPath, { notice: 'The passkey is removed.' })
    },
  })
}
