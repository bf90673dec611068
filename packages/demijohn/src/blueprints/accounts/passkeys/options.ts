/** What a browser is asked (WebAuthn Level 3, sections 5.4 and 5.5), as JSON for the page. */
import { algorithms } from '../../../defences/passkeys/publicKey.ts'
import type { RelyingParty } from '../../../defences/passkeys/relyingParty.ts'
import type { JsonValue } from '../../../html/template.ts'
import { type Passkey, userHandleOf } from './store.ts'

/** As long as a challenge lasts. */
const timeout = 300_000

/**
 * A new passkey: kept on the device under the person's name where there is room, so that it can
 * sign in by itself; recognising its owner where the device can. No attestation.
 */
export function creationOptions(facts: {
  readonly challenge: string
  readonly relyingParty: RelyingParty
  readonly siteName: string
  readonly person: { readonly id: string; readonly email: string; readonly name: string }
  readonly existing: readonly Passkey[]
}): JsonValue {
  const { challenge, relyingParty, siteName, person, existing } = facts
  return {
    ...{ challenge, timeout, attestation: 'none' },
    rp: { id: relyingParty.id, name: siteName },
    user: {
      id: userHandleOf(person.id).toString('base64url'),
      name: person.email,
      displayName: person.name,
    },
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    excludeCredentials: existing.map(descriptorOf),
  }
}

/** An answer by one of these passkeys; by any of the site's where none is named. */
export function requestOptions(facts: {
  readonly challenge: string
  readonly relyingParty: RelyingParty
  readonly allowed: readonly Passkey[]
  readonly userVerification: 'required' | 'preferred'
}): JsonValue {
  const { challenge, relyingParty, allowed, userVerification } = facts
  return {
    ...{ challenge, timeout, userVerification },
    rpId: relyingParty.id,
    allowCredentials: allowed.map(descriptorOf),
  }
}

function descriptorOf({ id, transports }: Passkey): JsonValue {
  const known = transports === '' ? {} : { transports: transports.split(',') }
  return { type: 'public-key', id, ...known }
}
