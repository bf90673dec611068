/**
 * A journal in the database: for what the processes of one machine tell each other, the command line
 * among them.
 *
 * Ids grow in the order of commits, since one writer at a time writes (`sqlite.ts`), so whoever reads on
 * from the last id misses nothing. Kept for a while and up to a number, whichever is less.
 */
import type { Kysely } from 'kysely'
import type { Clock } from '../core/clock.ts'
import type { Journal } from '../core/journal.ts'
import type { DemijohnTables } from './tables.ts'

/** Longer than the longest ban and the memory of it. */
const keepMilliseconds = 8 * 86_400_000
const mostEntries = 100_000

type Deps = { readonly db: Kysely<DemijohnTables>; readonly clock: Clock }

export function databaseJournal({ db, clock }: Deps, name: string): Journal {
  return {
    append: async (text) => {
      await db
        .insertInto('demijohn_journal')
        .values({ name, text, createdAt: clock.now() })
        .execute()
    },
    readAfter: async (mark) => {
      const rows = await db
        .selectFrom('demijohn_journal')
        .select(['id', 'text'])
        .where('name', '=', name)
        .where('id', '>', Number(mark ?? 0))
        .orderBy('id')
        .execute()
      const last = rows.at(-1)?.id
      return {
        texts: rows.map(({ text }) => text),
        mark: last === undefined ? mark : String(last),
      }
    },
  }
}

/** Deletes entries that mean nothing any more, and the oldest of too many. Says how many. */
export async function sweepJournal({ db, clock }: Deps): Promise<number> {
  const newest = await db
    .selectFrom('demijohn_journal')
    .select('id')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  const { numDeletedRows } = await db
    .deleteFrom('demijohn_journal')
    .where((row) =>
      row.or([
        row('createdAt', '<=', clock.now() - keepMilliseconds),
        row('id', '<=', (newest?.id ?? 0) - mostEntries),
      ]),
    )
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
