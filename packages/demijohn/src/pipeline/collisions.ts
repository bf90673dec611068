/**
 * Routes of a project that would take the place of the library's own: static files, the place for
 * policy reports, the outbox of development.
 *
 * Stops a route that is never reached, and one that is reached instead of what other parts of the
 * library rely on, with neither saying so. Decided by path and method alone, at start.
 *
 * Does not judge a project's routes among themselves: `compileRoutes` does.
 */
import { Misconfiguration } from '../core/misconfiguration.ts'

type Placed = { readonly method: string; readonly path: string }

/** Throws Misconfiguration for every route of a project that may take a path of the library. */
export function refuseCollisions(own: readonly Placed[], library: readonly Placed[]): void {
  const problems = own.flatMap((one) =>
    library
      .filter((other) => takes(one, other))
      .map(
        ({ method, path }) =>
          `${one.method} ${one.path} stands where ${method} ${path} of the library is; give it another path`,
      ),
  )
  if (problems.length > 0) throw new Misconfiguration(problems)
}

/**
 * Whether some path belongs to both and would go to the project. A literal segment goes before a
 * parameter, so `/:page` of a project leaves `/robots.txt` alone, while `/static/:file` and
 * `/static/site.css` both take from `/static/:name`.
 */
function takes(own: Placed, library: Placed): boolean {
  if (own.method !== library.method) return false
  const ours = library.path.split('/')
  const theirs = own.path.split('/')
  if (ours.length !== theirs.length) return false
  const pairs = theirs.map((segment, at) => [segment, ours[at] ?? ''] as const)
  if (pairs.some(([a, b]) => !isParameter(a) && !isParameter(b) && a !== b)) return false
  const first = pairs.find(([a, b]) => isParameter(a) !== isParameter(b))
  return first === undefined || isParameter(first[1])
}

function isParameter(segment: string): boolean {
  return segment.startsWith(':')
}
