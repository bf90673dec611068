/** Reading about people, for whoever manages them. */
import { type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { Database } from '../database.ts'
import { can, type Person, type Reader } from '../kit.ts'

/** Times are UTC milliseconds. */
export type PersonRow = {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: string
  readonly suspendedAt: number | null
  readonly createdAt: number
  /** null until the person has chosen a password. */
  readonly passwordChangedAt: number | null
  /** Whether an app or a passkey is asked for after the password. */
  readonly hasSecondFactor: boolean
}

export type PeoplePage = {
  readonly people: readonly PersonRow[]
  readonly pages: number
  readonly total: number
}

const perPage = 20

const columns = [
  'id',
  'name',
  'email',
  'role',
  'suspendedAt',
  'createdAt',
  'passwordChangedAt',
] as const

type Row = Omit<PersonRow, 'hasSecondFactor'> & { readonly hasSecondFactor: SqlBool }

/** SQLite says 0 and 1. */
function personRow<Found extends Row>(row: Found) {
  return { ...row, hasSecondFactor: Boolean(row.hasSecondFactor) }
}

function secondFactor(eb: ExpressionBuilder<Database, 'demijohn_accounts'>) {
  const app = eb
    .selectFrom('demijohn_totp')
    .select('demijohn_totp.accountId')
    .whereRef('demijohn_totp.accountId', '=', 'demijohn_accounts.id')
    .where('demijohn_totp.confirmedAt', 'is not', null)
  const passkey = eb
    .selectFrom('demijohn_passkeys')
    .select('demijohn_passkeys.id')
    .whereRef('demijohn_passkeys.accountId', '=', 'demijohn_accounts.id')
  return eb.or([eb.exists(app), eb.exists(passkey)]).as('hasSecondFactor')
}

/** People by name, those alone whose name or address holds `q`. */
export async function listPeople(
  actor: Person,
  db: Reader,
  { page, q }: { readonly page: number; readonly q: string },
): Promise<PeoplePage> {
  requireManager(actor)
  const matches = sql<SqlBool>`lower(name) like ${containing(q)} escape '!' or ${sql.ref('emailKey')} like ${containing(q)} escape '!'`
  const found = db.selectFrom('demijohn_accounts').where(matches)
  const { total } = await found
    .select((is) => is.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const people = await found
    .select(columns)
    .select(secondFactor)
    .orderBy('name')
    .orderBy('id')
    .limit(perPage)
    .offset((page - 1) * perPage)
    .execute()
  const shown = people.map(personRow)
  return {
    people: shown,
    total: Number(total),
    pages: Math.max(1, Math.ceil(Number(total) / perPage)),
  }
}

/** A pattern in which what was typed means itself: `%` and `_` are no wildcards. */
function containing(q: string): string {
  return `%${q.toLowerCase().replace(/[!%_]/g, '!$&')}%`
}

export type PersonFacts = PersonRow & { readonly posts: number; readonly comments: number }

/** One person, and how much would go with them; null when there is nobody of that id. */
export async function findPerson(
  actor: Person | null,
  db: Reader,
  personId: string,
): Promise<PersonFacts | null> {
  // Asked by `load`, before the route has decided on somebody who is not signed in.
  if (actor === null || !can(actor, 'user:manage')) return null
  const person = await db
    .selectFrom('demijohn_accounts')
    .select(columns)
    .select(secondFactor)
    .where('id', '=', personId)
    .executeTakeFirst()
  if (person === undefined) return null
  const posts = await countBy(db, 'posts', personId)
  const comments = await countBy(db, 'comments', personId)
  return { ...personRow(person), posts, comments }
}

async function countBy(db: Reader, table: 'posts' | 'comments', authorId: string): Promise<number> {
  const { total } = await db
    .selectFrom(table)
    .where('authorId', '=', authorId)
    .select((is) => is.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  return Number(total)
}

/** A route that let somebody else come this far is wired wrongly: a fault, not a refusal. */
export function requireManager(actor: Person): void {
  if (!can(actor, 'user:manage')) throw new Error('only who manages people may ask this')
}
