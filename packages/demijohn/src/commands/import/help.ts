import { styleText } from 'node:util'
import { batchRows } from './batch.ts'
import { columnNames } from './columns.ts'
import { maxRows } from './entries.ts'
import { marks } from './hash.ts'

export function importHelp(): string {
  const bold = (text: string) => styleText('bold', text)
  return `
  ${bold('npx demijohn import people.csv')}    takes the people of a file into the database
  ${bold('npx demijohn import people.json')}   the same, from an array of objects

  --dry-run          writes nothing, and reports the same
  --report FILE      writes every row refused to FILE, as JSON
  --hashes SYSTEM    ${marks.join(' or ')}, whose hashes
                     do not say how they were made; leave it out for others

  Columns: ${columnNames.slice(0, 4).join(', ')} (as the other system
  stored it; empty: none), ${columnNames.slice(4).join(', ')}. The first
  three are required. UTF-8, commas, a header; true and false; moments such
  as 2024-05-31T08:00:00Z.

  Whoever is there already is left as they are, so it can be run again after
  an interruption. ${batchRows} rows are one transaction; at most ${maxRows.toLocaleString('en')} rows.

  Ends with 0 when all were taken or are there, 1 when some were refused,
  2 when nothing could be done, 130 when it was interrupted.
`
}
