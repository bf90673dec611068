/**
 * Paths on this origin, the only thing that a redirect takes.
 *
 * Stops open redirects through `next` and its kin (ASVS 1.2.2): `//host`, `/\host`, schemes,
 * userinfo, tabs and newlines that browsers strip (WHATWG URL section 4.4), and CR/LF in Location.
 * It reads with the same eyes as the request path (`canonicalPath`), so what is accepted here is
 * also what we would serve, and resolving it against any HTTP base never leaves that base's origin.
 *
 * Does not say that the path exists, nor that the visitor may see it.
 */
import { parseTarget } from './canonicalPath.ts'
import { consistsOf, visibleCharacters } from './grammar.ts'

declare const brand: unique symbol

/** A path with optional query and fragment, in printable ASCII. Only `parseLocalPath` makes one. */
export type LocalPath = string & { readonly [brand]: 'LocalPath' }

/**
 * Reads a path on this origin; anything else is undefined. Text outside of printable ASCII has to
 * arrive percent-encoded, as `encodeURIComponent` writes it. At most 8,192 characters.
 */
export function parseLocalPath(input: string): LocalPath | undefined {
  return isLocalPath(input) ? input : undefined
}

export function isLocalPath(input: string): input is LocalPath {
  const hash = input.indexOf('#')
  const target = hash === -1 ? input : input.slice(0, hash)
  return (
    typeof parseTarget(target) === 'object' &&
    input.length <= 8_192 &&
    !input.includes('\\') &&
    (hash === -1 || consistsOf(input.slice(hash + 1), visibleCharacters))
  )
}
