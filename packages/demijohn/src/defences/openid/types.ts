/** What a provider of OpenID Connect is to the accounts blueprint, whatever speaks to it. */
import type { ProviderAddress } from './address.ts'

export type OpenIdProvider = {
  /** In paths and in the database: `example`. Never give it to another provider. */
  readonly id: string
  /** For people: `Example`. */
  readonly name: string
  /** Exactly as the provider writes it. */
  readonly issuer: string
  readonly begin: (asked: Asked) => Promise<Begun>
  readonly finish: (answered: Answered) => Promise<Finished>
}

export type Asked = {
  readonly state: string
  readonly nonce: string
  /** S256 of the verifier (RFC 7636 section 4.2). */
  readonly codeChallenge: string
  readonly redirectUri: string
  /** Whether the person has to prove who they are anew, whatever session the provider has. */
  readonly isProofDemanded: boolean
  /** UTC milliseconds. */
  readonly now: number
}

export type Begun = { readonly kind: 'address'; readonly to: ProviderAddress } | Unavailable

export type Answered = {
  readonly redirectUri: string
  /** What the browser brought. */
  readonly code: string
  readonly state: string
  /** RFC 9207. */
  readonly iss: string | undefined
  /** What was noted when the flow began. */
  readonly expected: {
    readonly state: string
    readonly nonce: string
    readonly verifier: string
    readonly isProofDemanded: boolean
  }
  readonly now: number
}

export type Finished =
  | { readonly kind: 'identity'; readonly identity: ProviderIdentity }
  /** `problem` is a code for the log, never a provider's words. */
  | { readonly kind: 'refused'; readonly problem: string }
  /** As many answers are being looked at as there may be. */
  | { readonly kind: 'busy' }
  | Unavailable

export type Unavailable = {
  readonly kind: 'unavailable'
  readonly retryAfterSeconds: number
  readonly problem: string
}

/** Whom the provider has recognised, as an ID token says whose signature held. */
export type ProviderIdentity = {
  readonly issuer: string
  /** Never another person's at this issuer (OpenID Connect Core section 5.7). */
  readonly subject: string
  /** Parsed; null where there is none, or none that could be an address here. */
  readonly email: string | null
  /** The provider says so: the JSON value `true`, nothing that resembles it. */
  readonly isEmailVerified: boolean
  /** When the person last proved who they are there, in UTC milliseconds; null: it does not say. */
  readonly authenticatedAt: number | null
}
