/**
 * Which rows an actor reaches, as a condition that every query of posts and comments carries: what
 * it leaves out is not found, whichever function is asked (ASVS 8.2.2).
 */
import { type Expression, type SqlBool, sql } from 'kysely'
import { type Actor, can } from '../kit.ts'

type Permission = Parameters<typeof can>[1]

/** The rows on which the actor holds a permission: all, their own, or none. */
export function heldBy(
  actor: Actor,
  permission: Permission,
  owner: 'posts.authorId' | 'comments.authorId',
): Expression<SqlBool> {
  if (can(actor, permission, { ownerId: null })) return sql<SqlBool>`1 = 1`
  if (actor === null || !can(actor, permission, { ownerId: actor.id })) return sql<SqlBool>`1 = 0`
  return sql<SqlBool>`${sql.ref(owner)} = ${actor.id}`
}

/** Everybody may know of what is published; of a draft, whoever may edit it. */
export function visibleTo(actor: Actor): Expression<SqlBool> {
  const held = heldBy(actor, 'post:edit', 'posts.authorId')
  return sql<SqlBool>`(${sql.ref('posts.state')} = 'published' or ${held})`
}
