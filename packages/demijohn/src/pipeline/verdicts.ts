/** Every route against every role, as data: for people who sign off, for tests, for the auditor. */
import { type AccessRule, decideRoute } from '../defences/access/decide.ts'
import type { Reach } from '../defences/access/roles.ts'
import type { CompiledRoute } from './compile.ts'

/** `own`: on objects of the person's own. `sign-in`: refused for nobody being signed in. */
export type Verdict = 'allowed' | 'own' | 'refused' | 'sign-in'

export type RouteVerdicts = {
  readonly route: string
  readonly method: string
  readonly path: string
  /** `anyone`, `signed in`, or the permission. */
  readonly access: string
  readonly credential: string
  readonly limits: readonly string[]
  /** By role, `anonymous` first. */
  readonly verdicts: Readonly<Record<string, Verdict>>
}

function wordsFor(rule: AccessRule): string {
  const words = rule.kind === 'may' ? rule.permission : rule.kind.replaceAll('-', ' ')
  if (!('freshMilliseconds' in rule) || rule.freshMilliseconds === undefined) return words
  return `${words}, fresh within ${rule.freshMilliseconds / 60_000} minutes`
}

export function verdictsOf(
  routes: readonly CompiledRoute[],
  roles: readonly string[],
  reachOf: (role: string, permission: string) => Reach,
): readonly RouteVerdicts[] {
  return routes.map((route) => {
    const verdicts: Record<string, Verdict> = {}
    for (const role of [undefined, ...roles]) {
      const standing =
        role === undefined
          ? null
          : { actor: { id: 'somebody', role }, stage: 'full' as const, authenticatedAt: 0 }
      const decided = decideRoute(route.access, standing, reachOf, 0)
      verdicts[role ?? 'anonymous'] =
        decided === 'decide-on-object'
          ? 'own'
          : decided.allowed
            ? 'allowed'
            : decided.reason === 'sign-in-required'
              ? 'sign-in'
              : 'refused'
    }
    return {
      route: route.id,
      method: route.method,
      path: route.path,
      access: wordsFor(route.access),
      credential: route.credential,
      limits: route.limits,
      verdicts,
    }
  })
}
