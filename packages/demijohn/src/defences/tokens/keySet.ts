/**
 * Sets of keys (RFC 7517 section 5), and which of a set's keys a token means.
 *
 * Stops a `kid` from being anything but a name in a fixed map (it never reaches a path, a query or a
 * prototype), secrets beside public keys, two keys under one name, and a published private key
 * (ASVS 9.1.2, 9.1.3). Keys of other uses and algorithms are left out, as section 5 says.
 */
import { type Algorithm, algorithmNamed } from './algorithms.ts'
import { type Members, membersOf } from './json.ts'
import { hasPrivateMember, readVerificationKey, type VerificationKey } from './jwk.ts'
import { type KeyProblem, type KeySetProblem, type Rejected, rejected } from './problems.ts'

/** Which key a header means; undefined if it means none that may verify here. */
export type KeyOf = (kid: string | undefined, alg: string) => VerificationKey | undefined

export type KeySet = {
  readonly ok: true
  readonly keys: readonly VerificationKey[]
  readonly keyOf: KeyOf
  /** Why keys of the set were left out, by their place in it. For the log. */
  readonly leftOut: readonly { readonly at: number; readonly problem: KeyProblem }[]
}

export const mostKeys = 32

/** Reads a JWKS. One fault that speaks of carelessness with keys refuses the whole set. */
export function readKeySet(
  jwks: unknown,
  { allowed }: { readonly allowed: readonly Algorithm[] },
): KeySet | Rejected<KeySetProblem> {
  const list = membersOf(jwks)?.get('keys')
  if (!Array.isArray(list)) return rejected('not-a-set')
  if (list.length > mostKeys) return rejected('too-many')
  const problem = setProblem(list.map(membersOf).filter((one) => one !== undefined))
  if (problem !== undefined) return rejected(problem)
  const read = list.map((jwk) => readVerificationKey(jwk, { allowed }))
  const keys = read.flatMap((one) => (one.ok ? [one.key] : []))
  if (keys.length === 0) return rejected('none-usable')
  if (keys.length > 1 && keys.some(({ kid }) => kid === undefined)) {
    return rejected('key-id-missing')
  }
  const leftOut = read.flatMap((one, at) => (one.ok ? [] : [{ at, problem: one.problem }]))
  return { ok: true, keys, keyOf: keyOfSet(keys), leftOut }
}

function setProblem(members: readonly Members[]): KeySetProblem | undefined {
  const kinds = new Set(members.map((one) => one.get('kty') === 'oct'))
  if (kinds.size > 1) return 'mixed'
  if (members.some(hasPrivateMember)) return 'private'
  const names = members.map((one) => one.get('kid')).filter((kid) => kid !== undefined)
  return new Set(names).size === names.length ? undefined : 'duplicate-key-id'
}

/**
 * Looks keys up by `kid` alone. A token without one means the key of a set that has only one. The
 * `alg` decides nothing but whether the key that was found is bound to it.
 */
export function keyOfSet(keys: readonly VerificationKey[]): KeyOf {
  const byId = new Map(keys.map((key) => [key.kid, key]))
  const only = keys.length === 1 ? keys[0] : undefined
  return (kid, alg) => {
    const key = kid === undefined ? only : byId.get(kid)
    return key !== undefined && key.algorithm === algorithmNamed(alg) ? key : undefined
  }
}
