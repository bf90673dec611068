import { openSqlite } from '../../src/data/sqlite.ts'

/**
 * Writes rows for ever, each pair of them in one transaction, and prints the number of the pair
 * once the database has acknowledged it. The parent kills it without a warning.
 */
type Tables = { pairs: { pair: number; half: number; body: string } }

const { db } = openSqlite<Tables>({ path: String(process.argv[2]) })
await db.schema
  .createTable('pairs')
  .ifNotExists()
  .addColumn('pair', 'integer', (column) => column.notNull())
  .addColumn('half', 'integer', (column) => column.notNull())
  .addColumn('body', 'text', (column) => column.notNull())
  .addPrimaryKeyConstraint('pairs_key', ['pair', 'half'])
  .execute()

const { last } = await db
  .selectFrom('pairs')
  .select((e) => e.fn.max('pair').as('last'))
  .executeTakeFirstOrThrow()

for (let pair = (last ?? 0) + 1; ; pair++) {
  // Now and then larger than a page, so that a kill can fall between the pages of one row.
  const body = 'x'.repeat(pair % 7 === 0 ? 20_000 : 40)
  await db.transaction().execute(async (transaction) => {
    await transaction.insertInto('pairs').values({ pair, half: 1, body }).execute()
    await transaction.insertInto('pairs').values({ pair, half: 2, body }).execute()
  })
  process.stdout.write(`${pair}\n`)
}
