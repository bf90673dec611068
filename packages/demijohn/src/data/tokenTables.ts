/** The tables of tokens: a part of `tables.ts`. Times are UTC milliseconds. */

/** What access tokens are signed with. */
export type SigningKeysTable = {
  /** The `kid`: the thumbprint of the public half (RFC 7638). */
  id: string
  algorithm: string
  /** A JWK, sealed. */
  privateKey: string
  /** A JWK, for the key set; null for a secret, which is published nowhere. */
  publicKey: string | null
  createdAt: number
  /** The newest key of which this has passed signs. */
  signsFrom: number
  /** From when on it verifies nothing any more; null for the newest. */
  retiredAt: number | null
}

/** What one app was let do in the name of a person: every token that came of one approval. */
export type TokenFamiliesTable = {
  /** UUIDv7. */
  id: string
  accountId: string
  clientId: string
  /** Permissions, with blanks between. */
  scopes: string
  /** The account's when the person approved: the family counts while it is that. */
  credentialRevision: number
  /** When the person had last proven who they are, before they approved. */
  authenticatedAt: number
  /** What they had proven, as in sessions. */
  methods: string
  /** RFC 7638 thumbprint of the app's key (RFC 9449); null for plain bearer tokens. */
  boundTo: string | null
  createdAt: number
  /** When a token was last fetched. */
  lastUsedAt: number
  /** The network that was from: an IPv4 address or an IPv6 /64. */
  lastNetwork: string
  /** The absolute end, however busy. */
  expiresAt: number
  endedAt: number | null
  /** `revoked`, `replayed`, `signed-out` or `too-many`. */
  endedBecause: string | null
}

/** Each works once and is followed by another of its family. */
export type RefreshTokensTable = {
  /** SHA-256 of the token in hexadecimal. */
  id: string
  familyId: string
  createdAt: number
  /** Set by one conditional write. A token that comes after it was used has been copied. */
  usedAt: number | null
  expiresAt: number
}

/** Personal access tokens, for scripts. */
export type PersonalTokensTable = {
  /** UUIDv7; names the token in lists and logs. */
  id: string
  /** SHA-256 of the token in hexadecimal. */
  tokenHash: string
  accountId: string
  /** What the person calls it. */
  name: string
  /** Permissions, with blanks between. */
  scopes: string
  /** The account's when it was made: the token counts while it is that. */
  credentialRevision: number
  authenticatedAt: number
  createdAt: number
  expiresAt: number
  /** To the hour. */
  lastUsedAt: number | null
  revokedAt: number | null
}

/** An app that waits to be let in (RFC 8628). */
export type DeviceGrantsTable = {
  /** UUIDv7; names the grant to whoever has typed its code. */
  id: string
  /** SHA-256 of the device code in hexadecimal. */
  deviceHash: string
  /** HMAC of the user code, which is too short for a plain hash, under a key of the keyring. */
  userHash: string
  clientId: string
  scopes: string
  /** The key that the device showed when it asked; null where it showed none. */
  boundTo: string | null
  /** Where the device asked from: an IPv4 address or an IPv6 /64. */
  network: string
  createdAt: number
  expiresAt: number
  intervalSeconds: number
  lastPolledAt: number | null
  /** Who has typed the code, and alone may decide; null while nobody has. */
  accountId: string | null
  /** Of the account and the session at the decision. */
  credentialRevision: number | null
  authenticatedAt: number | null
  methods: string | null
  /** `approved` or `denied`, set by one conditional write. */
  decision: string | null
  decidedAt: number | null
  /** Set by one conditional write, which of twenty parallel ones exactly one wins. */
  redeemedAt: number | null
  familyId: string | null
}
