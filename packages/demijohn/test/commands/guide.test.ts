/** docs/commands.md: what it tells people to run does what it says. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { readHeader } from '../../src/commands/import/columns.ts'
import { marks } from '../../src/commands/import/hash.ts'
import { peopleHelp } from '../../src/commands/people/help.ts'
import { readPage } from '../docs/pages.ts'

const page = readPage('docs/commands.md')

/** The tables as Flask-SQLAlchemy, Flask-Security and Django make them, with what is read of them. */
const tables = `
  create table users (id integer primary key, email text, name text, password_hash text);
  insert into users values (1, 'a@old.example', 'A', '$2b$');
  create table "user" (id integer primary key, email text, username text, password text, active boolean);
  insert into "user" values (1, 'a@old.example', 'A', '$2b$', false);
  create table auth_user (id integer primary key, email text, first_name text, last_name text,
    password text, is_superuser boolean, is_active boolean);
  insert into auth_user values (1, 'a@old.example', 'A', 'B', '!x', true, true), (2, '', '', '', '!', false, true);
`

test('commands: the queries of the guide give the columns that an import takes', () => {
  const [, block = ''] = /```sql\n([\s\S]+?)```/.exec(page) ?? []
  const queries = block.split(';').filter((query) => query.includes('select'))
  assert.equal(queries.length, 3)
  const database = new DatabaseSync(':memory:')
  database.exec(tables)
  const results = queries.map((query) => database.prepare(query).all())
  for (const rows of results) {
    assert.equal(rows.length, 1)
    assert.ok('columns' in readHeader(Object.keys(rows[0] ?? {})))
  }
  const django = results[2]?.[0]
  assert.deepEqual(
    { ...django },
    {
      email: 'a@old.example',
      name: 'A B',
      role: 'admin',
      passwordHash: '',
      suspended: 'false',
    },
  )
  assert.equal(results[1]?.[0]?.suspended, 'true')
})

test('commands: every command about people and every system of --hashes is in the guide', () => {
  for (const name of Object.keys(peopleHelp))
    assert.ok(page.includes(`\`people ${name} `) || page.includes(`\`people ${name}\``), name)
  for (const mark of marks) assert.ok(page.includes(`--hashes ${mark}\``), mark)
})
