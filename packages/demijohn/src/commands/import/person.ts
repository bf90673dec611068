/**
 * One row as an account, judged by what judges it on the site.
 *
 * Stops an address, a name or a role that the site would not take from coming in by the back door;
 * a hash that nobody could ever sign in with; and a password in plain text, which would be stored
 * for everybody with a copy of the database to read. No reason quotes a hash.
 */
import type { Insertable } from 'kysely'
import { emailKeyOf } from '../../blueprints/accounts/data.ts'
import { createId } from '../../core/ids.ts'
import type { AccountsTable } from '../../data/tables.ts'
import type { ImportedPasswords } from '../../defences/passwords/foreign/options.ts'
import { email } from '../../html/fields.ts'
import { personName } from '../../html/personName.ts'
import type { Cells, ColumnName, RowProblem } from './columns.ts'
import type { Mark } from './hash.ts'
import { readHash } from './hash.ts'

export type NewAccount = Insertable<AccountsTable> & { readonly emailKey: string }

export type Person = {
  readonly account: NewAccount
  /** The format of the hash, or `none`. */
  readonly hashFormat: string
}

export type Judgement = {
  readonly roles: readonly string[]
  readonly imported: ImportedPasswords
  /** Put before hashes that have to be told apart from others. */
  readonly mark: Mark | undefined
  /** UTC milliseconds. */
  readonly now: number
}

const fields = { email: email(), name: personName({ max: 80 }) }

/** The account that a row stands for, or every reason why it is not taken. */
export function readPerson(cells: Cells, judgement: Judgement): Person | readonly RowProblem[] {
  const problems: RowProblem[] = []
  const read = <T>(column: ColumnName, result: Result<T>, otherwise: T): T => {
    if ('value' in result) return result.value
    problems.push({ column, reason: result.message })
    return otherwise
  }
  const { now } = judgement
  const address = read('email', fields.email.parse(cells.email), '')
  const name = read('name', fields.name.parse(cells.name), '')
  const role = read('role', readRole(cells.role, judgement.roles), '')
  const hash = read('passwordHash', readHash(cells.passwordHash, judgement), noHash)
  const isSuspended = read('suspended', readFlag(cells.suspended), false)
  const createdAt = read('createdAt', readMoment(cells.createdAt, now), now)
  const isVerified = read('emailVerified', readFlag(cells.emailVerified), false)
  if (problems.length > 0) return problems
  return {
    hashFormat: hash.format,
    account: {
      id: createId(now),
      email: address,
      emailKey: emailKeyOf(address),
      ...{ name, role, createdAt },
      passwordHash: hash.stored,
      // Since when is not known; that there is one is what pages ask.
      passwordChangedAt: hash.stored === null ? null : createdAt,
      suspendedAt: isSuspended ? now : null,
      emailVerifiedAt: isVerified ? now : null,
      credentialRevision: 0,
    },
  }
}

export function isUnfit(read: Person | readonly RowProblem[]): read is readonly RowProblem[] {
  return Array.isArray(read)
}

const noHash = { stored: null, format: 'none' }

type Result<T> = { readonly value: T } | { readonly message: string }

function readRole(role: string | undefined, roles: readonly string[]): Result<string> {
  if (role !== undefined && roles.includes(role)) return { value: role }
  return { message: `Use a role of this project: ${roles.join(', ')}.` }
}

function readFlag(flag: string | undefined): Result<boolean> {
  if (flag === undefined || flag === 'false') return { value: false }
  return flag === 'true' ? { value: true } : { message: 'Write true or false.' }
}

/** ISO 8601 as RFC 3339 has it: a day, or a moment with its distance from UTC. */
const moment =
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/
const withoutZone = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?$/

function readMoment(text: string | undefined, now: number): Result<number> {
  if (text === undefined) return { value: now }
  if (withoutZone.test(text)) return { message: 'Say of which zone it is: write Z behind UTC.' }
  const milliseconds = moment.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN
  if (Number.isNaN(milliseconds) || !isDay(text.slice(0, 10))) {
    return { message: 'Write a day or a moment, such as 2024-05-31 or 2024-05-31T08:00:00Z.' }
  }
  if (milliseconds < 0 || milliseconds > now) return { message: 'Write a moment from 1970 to now.' }
  return { value: milliseconds }
}

/** `Date.parse` takes the 31st of February for the 2nd of March. */
function isDay(text: string): boolean {
  const milliseconds = Date.parse(text)
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(text)
}
