/**
 * Roles and what they may do.
 *
 * Stops: a permission that nobody holds, a role that inherits from itself, a typing mistake in a
 * name: all found when the program is compiled, and again at start for callers without types.
 * A grant is `thing:verb`, or `thing:verb:own` for the holder's own things alone (ASVS 8.2.1, 8.2.2).
 */
import { Misconfiguration } from '../../core/misconfiguration.ts'

/** `post:edit` (on every post) or `post:edit:own` (on posts whose `ownerId` is the person). */
export type Grant = `${string}:${string}`

export type RoleTable<Names extends string> = {
  readonly [Name in Names]: { readonly is?: Names; readonly may: readonly Grant[] }
}

type GrantsOf<Table> = Table extends { readonly [name: string]: { readonly may: infer May } }
  ? May extends readonly (infer G extends string)[]
    ? G
    : never
  : never

type WithoutOwn<G> = G extends `${infer Permission}:own` ? Permission : G
type OnlyOwn<G> = G extends `${infer Permission}:own` ? Permission : never

/** Every permission that some role holds, `:own` left off. */
export type PermissionOf<Table> = WithoutOwn<GrantsOf<Table>> & string
/** The permissions that some role holds for its own things alone: their routes must load the thing. */
export type OwnablePermissionOf<Table> = OnlyOwn<GrantsOf<Table>> & string

/** How far a role's permission reaches: over every object, over the person's own, over none. */
export type Reach = 'any' | 'own' | 'none'

export type Roles<Table> = {
  readonly names: readonly (keyof Table & string)[]
  /** Every permission that some role holds, sorted, `:own` left off. */
  readonly permissions: readonly PermissionOf<Table>[]
  /** How far `permission` reaches for `role`; an unknown role or permission reaches nothing. */
  readonly reach: (role: string, permission: string) => Reach
  /** The table as it was written. */
  readonly table: Table
}

/** Roles with their types left behind. */
export type AnyRoles = {
  readonly names: readonly string[]
  readonly permissions: readonly string[]
  readonly reach: (role: string, permission: string) => Reach
}

const roleName = /^[a-z][a-z0-9-]{0,31}$/
const grantShape = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*(:own)?$/

/** Checks a table of roles, resolves inheritance once, and freezes the result. Throws Misconfiguration. */
export function defineRoles<
  const Table extends {
    readonly [Name in keyof Table]: { readonly is?: keyof Table; readonly may: readonly Grant[] }
  },
>(table: Table): Roles<Table> {
  const rows = new Map<
    string,
    { readonly is: string | undefined; readonly may: readonly string[] }
  >()
  for (const [name, row] of Object.entries<{
    readonly is?: PropertyKey
    readonly may: readonly string[]
  }>(table)) {
    rows.set(name, { is: row.is === undefined ? undefined : String(row.is), may: row.may })
  }
  const problems = problemsOf(rows)
  if (problems.length > 0) throw new Misconfiguration(problems)

  const reaches = new Map<string, ReadonlyMap<string, Reach>>()
  for (const name of rows.keys()) reaches.set(name, reachOf(name, rows))
  const permissions = new Set<string>()
  for (const row of rows.values())
    for (const grant of row.may) permissions.add(grant.replace(/:own$/, ''))

  return Object.freeze({
    names: Object.freeze(Object.keys(table) as (keyof Table & string)[]),
    permissions: Object.freeze([...permissions].sort() as PermissionOf<Table>[]),
    reach: (role: string, permission: string) => reaches.get(role)?.get(permission) ?? 'none',
    table,
  })
}

type Rows = ReadonlyMap<
  string,
  { readonly is: string | undefined; readonly may: readonly string[] }
>

function problemsOf(rows: Rows): string[] {
  const problems: string[] = []
  if (rows.size === 0) problems.push('defineRoles: no role is defined; define at least one')
  for (const [name, row] of rows) {
    if (!roleName.test(name)) {
      problems.push(`role "${name}": use a lower-case name of letters, digits and hyphens`)
    }
    for (const grant of row.may) {
      if (!grantShape.test(grant)) {
        problems.push(
          `role "${name}": "${grant}" is not a grant; write thing:verb or thing:verb:own`,
        )
      }
    }
    if (row.is !== undefined && !rows.has(row.is)) {
      problems.push(
        `role "${name}" is "${row.is}", which is no role; define it or correct the name`,
      )
    } else if (inheritsItself(name, rows)) {
      problems.push(`role "${name}" inherits from itself; break the circle`)
    }
  }
  return problems
}

function inheritsItself(name: string, rows: Rows): boolean {
  const seen = new Set<string>()
  for (let at: string | undefined = name; at !== undefined; at = rows.get(at)?.is) {
    if (seen.has(at)) return true
    seen.add(at)
  }
  return false
}

function reachOf(name: string, rows: Rows): ReadonlyMap<string, Reach> {
  const reach = new Map<string, Reach>()
  for (let at: string | undefined = name; at !== undefined; at = rows.get(at)?.is) {
    for (const grant of rows.get(at)?.may ?? []) {
      const own = grant.endsWith(':own')
      const permission = own ? grant.slice(0, -':own'.length) : grant
      // The wider reach wins, whichever role of the line it comes from.
      if (!own) reach.set(permission, 'any')
      else if (!reach.has(permission)) reach.set(permission, 'own')
    }
  }
  return reach
}
