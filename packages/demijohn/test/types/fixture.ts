/** What the type tests stand on: roles as in the design, and one table. */
import { type DemijohnTables, defineRoles, html, kit, type LoadFacts } from 'demijohn'

export type Database = DemijohnTables & { posts: { id: string; title: string; authorId: string } }

export const roles = defineRoles({
  viewer: { may: ['post:read'] },
  editor: { is: 'viewer', may: ['post:write', 'post:edit:own'] },
  admin: { is: 'editor', may: ['post:edit', 'user:manage'] },
})
export const { anyone, signedIn, may, api, blueprint, can } = kit<Database>()({ roles })

type Role = 'viewer' | 'editor' | 'admin'

export type Post = { readonly id: string; readonly title: string; readonly ownerId: string | null }

/** A `load` as an application writes it: shared by routes, typed by itself. */
export async function findPost(
  facts: LoadFacts<Database, Role, { readonly postId: string }>,
): Promise<Post | null> {
  const row = await facts.db
    .selectFrom('posts')
    .select(['id', 'title', 'authorId as ownerId'])
    .where('id', '=', facts.params.postId)
    .executeTakeFirst()
  return row ?? null
}

export const markup = html`<p>x</p>`
