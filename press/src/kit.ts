/**
 * Who may do what on this site. Every route names one of these permissions; what no role holds does
 * not compile. `npx demijohn routes` prints the result.
 */
import { defineRoles, type KitTypes, kit, type View } from 'demijohn'
import type { Database } from './database.ts'

export const roles = defineRoles({
  // Looks, and changes nothing but their own account.
  viewer: { may: ['post:read'] },
  member: { is: 'viewer', may: ['comment:write', 'comment:delete:own'] },
  editor: { is: 'member', may: ['post:write', 'post:edit:own', 'post:delete:own'] },
  admin: {
    is: 'editor',
    may: ['post:edit', 'post:delete', 'comment:delete', 'comment:moderate', 'user:manage'],
  },
})

const press = kit<Database>()({ roles })
export const { anyone, signedIn, may, blueprint, api, can } = press

type Types = KitTypes<typeof press>
export type Person = Types['Person']
export type Reader = Types['Reader']
export type Role = Types['Role']

/** Whose request it is: the first argument of every data function. null is a passer-by. */
export type Actor = Person | null

/** What views are told of the request. */
export type PageView = View<Role>
