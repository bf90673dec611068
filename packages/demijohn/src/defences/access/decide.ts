/**
 * Who may enter a route, and touch which object.
 *
 * Stops: broken access control, function-level and object-level (ASVS 8.2.1, 8.2.2, 8.3.1).
 * Denies by default: an unknown role, an unknown permission, an object without an owner are refused.
 * Does not stop a handler from reading objects other than the loaded one; that is the application's
 * data functions, which take the actor first.
 */
import { allowed, type Decision, refused } from '../../core/decision.ts'
import type { Reach } from './roles.ts'

/** What a route declares. There is no default: leaving it out does not compile and does not start. */
export type AccessRule =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'signed-in' }
  | { readonly kind: 'may'; readonly permission: string }

/** The person at the other end as far as access goes; null when nobody is signed in. */
export type Actor = { readonly id: string; readonly role: string } | null

/** An object somebody owns. null: nobody owns it, so nobody's `:own` reaches it. */
export type Owned = { readonly ownerId: string | null }

export type AccessReason = 'sign-in-required' | 'forbidden'

/** The verdict before anything is read: allowed, refused, or to be decided on the loaded object. */
export type RouteVerdict = Decision<AccessReason> | 'decide-on-object'

type ReachOf = (role: string, permission: string) => Reach

export function decideRoute(rule: AccessRule, actor: Actor, reachOf: ReachOf): RouteVerdict {
  if (rule.kind === 'anyone') return allowed
  if (actor === null) return refused('sign-in-required')
  if (rule.kind === 'signed-in') return allowed
  const reach = reachOf(actor.role, rule.permission)
  if (reach === 'any') return allowed
  return reach === 'own' ? 'decide-on-object' : refused('forbidden')
}

/** Object-level: asked after loading, when the route's verdict was `decide-on-object`. */
export function decideObject(actor: Actor, object: unknown): Decision<AccessReason> {
  if (actor === null) return refused('sign-in-required')
  return ownerOf(object) === actor.id ? allowed : refused('forbidden')
}

/**
 * The owner's id, or undefined where there is none to compare with: undefined equals nobody's id.
 * The object's own property alone counts: what a prototype says, it says of every object at once.
 */
function ownerOf(object: unknown): string | undefined {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, 'ownerId')) {
    return undefined
  }
  if (!('ownerId' in object)) return undefined
  return typeof object.ownerId === 'string' && object.ownerId !== '' ? object.ownerId : undefined
}
