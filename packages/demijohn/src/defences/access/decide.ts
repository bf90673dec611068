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
  | ({ readonly kind: 'signed-in' } & Freshness)
  | ({ readonly kind: 'may'; readonly permission: string } & Freshness)
  /** The pages that finish a sign-in: for whoever owes a second factor, and for those who are in. */
  | { readonly kind: 'half-signed-in' }
  /** The pages that set up a second factor: for whoever has to first, and for those who are in. */
  | ({ readonly kind: 'enrolling' } & Freshness)

/** How long ago the person may have last proven who they are; any time ago when left out. */
type Freshness = { readonly freshMilliseconds?: number }

/** The person at the other end as far as access goes; null when nobody is signed in. */
export type Actor = {
  readonly id: string
  readonly role: string
  /** Where a token speaks for the person: the permissions it was given. It has no others. */
  readonly scopes?: ReadonlySet<string>
} | null

/** An object somebody owns. null: nobody owns it, so nobody's `:own` reaches it. */
export type Owned = { readonly ownerId: string | null }

/** How somebody stands before a route: who, how far signed in, and since when. null: nobody. */
export type Standing = {
  readonly actor: NonNullable<Actor>
  readonly stage: 'full' | 'second-factor' | 'enrolment'
  /** UTC milliseconds at which they last proved who they are. */
  readonly authenticatedAt: number
} | null

export type AccessReason =
  | 'sign-in-required'
  | 'second-factor-required'
  | 'enrolment-required'
  | 'step-up-required'
  | 'forbidden'
  | 'scope-insufficient'

/** The verdict before anything is read: allowed, refused, or to be decided on the loaded object. */
export type RouteVerdict = Decision<AccessReason> | 'decide-on-object'

type ReachOf = (role: string, permission: string) => Reach

/** `now` in UTC milliseconds. A half-finished sign-in reaches the page that finishes it, and no other. */
export function decideRoute(
  rule: AccessRule,
  standing: Standing,
  reachOf: ReachOf,
  now: number,
): RouteVerdict {
  if (rule.kind === 'anyone') return allowed
  if (standing === null) return refused('sign-in-required')
  const { stage } = standing
  if (stage === 'second-factor') {
    return rule.kind === 'half-signed-in' ? allowed : refused('second-factor-required')
  }
  if (stage === 'enrolment') {
    return rule.kind === 'enrolling' ? allowed : refused('enrolment-required')
  }
  if (rule.kind === 'half-signed-in') return allowed
  const permitted = decideWhoever(rule, standing.actor, reachOf)
  // After the permission: who may not enter at all is not asked to prove it again.
  if (permitted !== 'decide-on-object' && !permitted.allowed) return permitted
  return isFresh(rule, standing, now) ? permitted : refused('step-up-required')
}

function decideWhoever(
  rule: Exclude<AccessRule, { kind: 'anyone' | 'half-signed-in' }>,
  actor: NonNullable<Actor>,
  reachOf: ReachOf,
): RouteVerdict {
  switch (rule.kind) {
    case 'signed-in':
    case 'enrolling':
      return allowed
    case 'may':
      return decidePermission(rule, actor, reachOf)
    default:
      // A caller without types may bring a kind that there is not.
      return refused('forbidden')
  }
}

/**
 * By role, and by the scopes of a token where one speaks for the person: also for showing a button.
 * Both have to hold, so a token is never more than its person is at this moment (ASVS 10.3.2).
 */
export function decidePermission(
  { permission }: { readonly permission: string },
  { role, scopes }: NonNullable<Actor>,
  reachOf: ReachOf,
): RouteVerdict {
  const reach = reachOf(role, permission)
  if (reach === 'none') return refused('forbidden')
  if (scopes !== undefined && !scopes.has(permission)) return refused('scope-insufficient')
  return reach === 'any' ? allowed : 'decide-on-object'
}

/** Exclusive, and false for a time that lies ahead: a clock that was set back proves nothing. */
function isFresh(
  { freshMilliseconds }: Freshness,
  { authenticatedAt }: NonNullable<Standing>,
  now: number,
): boolean {
  if (freshMilliseconds === undefined) return true
  const age = now - authenticatedAt
  return age >= 0 && age < freshMilliseconds
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
