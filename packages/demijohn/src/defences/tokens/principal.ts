/**
 * Who is asking, where a token is the credential instead of a session: what the pipeline is told, and
 * what it asks with.
 */

/** The person behind a token, as the database has them now. */
export type TokenPerson = {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: string
  /** Permissions that the token was given. What the role has not, it gives nobody. */
  readonly scopes: ReadonlySet<string>
}

export type TokenKind =
  /** An access token that this site made for an app. */
  | 'app'
  /** A personal access token, for scripts. */
  | 'personal'
  /** An access token of another issuer. */
  | 'outside'

/** A live token. Times are UTC milliseconds. */
export type TokenPrincipal = {
  /** SHA-256 of the token in hexadecimal: names it without opening anything. */
  readonly id: string
  readonly kind: TokenKind
  /** For logs and limits: `jti`, or the id of the row. */
  readonly tokenId: string
  readonly accountId: string
  readonly person: TokenPerson
  /** Which app it was made for; null for a personal one. */
  readonly clientId: string | null
  /** When the person last proved who they are, before the token was made. */
  readonly authenticatedAt: number
  readonly expiresAt: number
  /** RFC 7638 thumbprint of the key that each request has to be signed with; null for a plain bearer. */
  readonly boundTo: string | null
}

/** A request as far as its token goes. */
export type TokenFacts = {
  /** The whole Authorization field. */
  readonly authorization: string
  /** The DPoP field (RFC 9449 section 4). */
  readonly proof: string | undefined
  readonly method: string
  /** Scheme, host and path of the request as the client has to name it in a proof. */
  readonly uri: string
  /** UTC milliseconds. */
  readonly now: number
  /** Whether this API takes tokens that are bound to a key, and no others. */
  readonly requiresProof: boolean
}

/** Why a token opens nothing. Each is told to the client as one of the fixed texts of RFC 6750. */
export type TokenProblem =
  /** The field is not one scheme and one token. */
  | 'malformed'
  /** Unknown, forged, expired, revoked, for another service, or of somebody who is gone. */
  | 'invalid'
  /** A bound token without a proof, or a plain one where they have to be bound. */
  | 'proof-missing'
  /** The proof does not fit the token, the request or the moment, or was used before. */
  | 'proof-invalid'

/** At once where the token is cached. Rejects when the database fails: nobody is let in then. */
export type TokenReader = (
  facts: TokenFacts,
) => TokenPrincipal | TokenProblem | Promise<TokenPrincipal | TokenProblem>
