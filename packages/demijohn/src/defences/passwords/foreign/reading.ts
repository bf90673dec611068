/** What reading a stored hash of another system comes to. */

export type ForeignFormat =
  | 'argon2'
  | 'bcrypt'
  | 'django-argon2'
  | 'django-bcrypt'
  | 'django-bcrypt-sha256'
  | 'django-pbkdf2'
  | 'django-scrypt'
  | 'django-unusable'
  | 'fast-hash'
  | 'flask-bcrypt-sha256'
  | 'flask-security'
  | 'passlib-bcrypt-sha256'
  | 'passlib-pbkdf2'
  | 'passlib-scrypt'
  | 'plain-text'
  | 'unix-crypt'
  | 'unknown'
  | 'werkzeug-pbkdf2'
  | 'werkzeug-scrypt'

export type ForeignHash = {
  readonly format: ForeignFormat
  /** Computed in a thread of its own and not in the pool's, so one at a time. */
  readonly hasOwnThread?: true
  /**
   * Whether this text, as UTF-8, is what the hash was made of. Costs the same whatever the text.
   * Rejects when there is not enough memory.
   */
  readonly verify: (password: string) => Promise<boolean>
}

/** Recognised, and nobody's password. The reason is for whoever imports; it quotes nothing. */
export type Unaccepted = { readonly format: ForeignFormat; readonly reason: string }

export type Reading = ForeignHash | Unaccepted

/** Undefined when the text does not begin as this reader's formats do. */
export type Reader = (text: string) => Reading | undefined

export const reasons = {
  malformed: 'It begins like this format, but is not spelled as the library writes it.',
  work: 'It asks for more work or memory than a sign-in may cost.',
} as const

export function isAccepted(reading: Reading): reading is ForeignHash {
  return 'verify' in reading
}
