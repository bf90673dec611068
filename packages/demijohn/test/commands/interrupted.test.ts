/**
 * An import that is killed at any moment, and run again: in the end everybody is there once, nobody
 * in between, and nobody without a line in the log.
 */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { place } from './processFixture.ts'

const people = 12_000
const header = 'email,name,role,passwordHash\n'
const hash = '$2b$04$OqAttskRv1sBQJ7rooTVdujVilwOqUORF5.rwpgo.Ma9zA.scwHHS'
const file = `${header}${Array.from({ length: people }, (_, at) => `person${at}@press.example,Person ${at},member,${hash}\n`).join('')}`

type Place = ReturnType<typeof place>

const countThere = (at: Place) =>
  Number(at.rows('select count(*) as there from demijohn_accounts')[0]?.there)

/** Waits until some are there, so that the signal meets the import at work. */
async function untilMoreThan(at: Place, count: number, isOver: () => boolean): Promise<void> {
  while (!isOver() && countThere(at) <= count) await setTimeout(3)
}

function assertSound(at: Place): void {
  assert.deepEqual(
    at.rows('pragma integrity_check').map((row) => row.integrity_check),
    ['ok'],
  )
  const logged = new Set(
    [...readFileSync(at.log, 'utf8').matchAll(/"targetId":"([0-9a-f-]+)"/g)].map(([, id]) => id),
  )
  for (const { id } of at.rows('select id from demijohn_accounts')) {
    assert.ok(logged.has(String(id)), 'an account without its line')
  }
}

async function assertComplete(at: Place): Promise<void> {
  const last = await at.run('import', 'people.csv')
  assert.equal(last.code, 0, last.stderr)
  assert.equal(countThere(at), people)
  const [row] = at.rows(
    'select count(distinct emailKey) as addresses, count(distinct id) as ids from demijohn_accounts',
  )
  assert.deepEqual({ ...row }, { addresses: people, ids: people })
  assertSound(at)
}

test('import: kill -9 in the middle, round after round, then once to the end', async (t) => {
  const at = place(t)
  at.write('people.csv', file)
  await at.run('migrate')
  let killed = 0
  for (let round = 0; round < 5; round += 1) {
    const before = countThere(at)
    const { child, ran } = at.start('import', 'people.csv')
    await untilMoreThan(at, before, () => child.exitCode !== null)
    await setTimeout(randomInt(40))
    child.kill('SIGKILL')
    const { signal } = await ran
    if (signal === 'SIGKILL') killed += 1
    const there = countThere(at)
    assert.ok(there > before || there === people, `round ${round}: ${before} and ${there}`)
    assertSound(at)
  }
  assert.ok(killed >= 3, `only ${killed} rounds were killed`)
  t.diagnostic(`${killed} kills, ${countThere(at)} of ${people} were there before the last run`)
  await assertComplete(at)
})

test('import: Ctrl+C ends it between batches and says how to go on', async (t) => {
  const at = place(t)
  at.write('people.csv', file)
  await at.run('migrate')
  const { child, ran } = at.start('import', 'people.csv')
  await untilMoreThan(at, 0, () => child.exitCode !== null)
  child.kill('SIGINT')
  const { code, stdout } = await ran
  assert.equal(code, 130)
  assert.match(stdout, /Interrupted\. What was taken stays; run it again/)
  const there = countThere(at)
  assert.ok(there > 0 && there < people)
  const said = /taken +([\d,]+)/.exec(stdout)?.[1]?.replaceAll(',', '')
  assert.equal(Number(said), there)
  await assertComplete(at)
})

test('import: two at once take everybody once', async (t) => {
  const at = place(t)
  at.write('people.csv', file)
  await at.run('migrate')
  const both = await Promise.all([at.run('import', 'people.csv'), at.run('import', 'people.csv')])
  const taken = both.map(({ code, stdout, stderr }) => {
    assert.equal(code, 0, stderr)
    return Number(/taken +([\d,]+)/.exec(stdout)?.[1]?.replaceAll(',', ''))
  })
  assert.equal(
    taken.reduce((sum, count) => sum + count, 0),
    people,
  )
  await assertComplete(at)
})

test('import: its memory is that of a batch and of the addresses seen', async (t) => {
  const at = place(t)
  const more = Array.from(
    { length: 60_000 },
    (_, row) => `more${row}@press.example,${'Somebody '.repeat(8)},member,${hash}\n`,
  )
  at.write('people.csv', `${header}${more.join('')}`)
  await at.run('migrate')
  // A third of it is the program itself; sixty thousand accounts at once would not fit the rest.
  const small = { NODE_OPTIONS: '--max-old-space-size=56' }
  const { code, stdout, stderr } = await at.runWith(small, 'import', 'people.csv', '--dry-run')
  assert.equal(code, 0, stderr)
  assert.match(stdout, /would be taken +60,000/)
})
