/**
 * Where somebody was going when they had to sign in, carried from page to page of the sign-in.
 *
 * Stops a redirect that leaves the site (ASVS 3.7.2; gap: `next` leads anywhere): it is parsed as a
 * path of this site each time it is read, and dropped where it is none.
 */
import type { StandardSchemaV1 } from '../../core/standardSchema.ts'
import { type LocalPath, parseLocalPath } from '../../web/localPath.ts'

/** For `query`: a path of this site, or nothing. */
export const nextPath: StandardSchemaV1<unknown, LocalPath | undefined> = {
  '~standard': {
    version: 1,
    vendor: 'demijohn',
    validate: (value) => ({ value: typeof value === 'string' ? parseLocalPath(value) : undefined }),
  },
}

/** A step of the sign-in, which remembers where it leads in the end. */
export function withNext(step: `/${string}`, next: LocalPath | undefined): `/${string}` {
  return next === undefined ? step : `${step}?next=${encodeURIComponent(next)}`
}
