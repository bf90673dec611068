/** Secrets that have to be read again, under keys of the keyring. */
import type { Random } from '../core/bytes.ts'
import { seal, unseal } from '../core/seal.ts'
import type { Sealed } from '../pipeline/writing.ts'
import type { Surroundings } from './application.ts'

/** One key for each purpose, so that nothing sealed for one opens as another. */
export function sealedWith(subkeys: Surroundings['subkeys'], random: Random): Sealed {
  const keysOf = new Map<string, readonly Buffer[]>()
  const keys = (purpose: string): readonly Buffer[] => {
    const known = keysOf.get(purpose) ?? subkeys(`sealed ${purpose}`)
    keysOf.set(purpose, known)
    return known
  }
  return Object.freeze({
    seal: (purpose, id, text) => seal(keys(purpose), random, { id, text }),
    unseal: (purpose, id, sealed) => unseal(keys(purpose), { id, sealed }),
  } satisfies Sealed)
}
