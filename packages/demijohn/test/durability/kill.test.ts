import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openSqlite } from '../../src/data/sqlite.ts'

/**
 * What the database has acknowledged survives `kill -9` at any moment, and nothing half-written
 * does. Does not show that it survives a loss of power: that rests on `synchronous=FULL`, which the
 * adapter's own tests read back, and on the medium.
 */

const writer = fileURLToPath(new URL('./writer.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'demijohn-kill-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the writer and kills it some milliseconds after its first acknowledgement. */
function writeUntilKilled(path: string, milliseconds: number): Promise<readonly number[]> {
  const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  let armed = false
  child.stdout.on('data', (chunk) => {
    printed += String(chunk)
    if (armed) return
    armed = true
    setTimeout(() => child.kill('SIGKILL'), milliseconds)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (_code, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error('the writer ended before it was killed'))
      // A number without its newline may have lost digits.
      const whole = printed.slice(0, printed.lastIndexOf('\n') + 1)
      resolve(whole.split('\n').filter(Boolean).map(Number))
    })
  })
}

function halvesOf(path: string): ReadonlyMap<number, number> {
  const database = new DatabaseSync(path)
  try {
    const check = database.prepare('pragma integrity_check').all()
    assert.deepEqual(
      check.map((row) => row.integrity_check),
      ['ok'],
    )
    const rows = database.prepare('select pair, count(*) as halves from pairs group by pair').all()
    return new Map(rows.map((row) => [Number(row.pair), Number(row.halves)]))
  } finally {
    database.close()
  }
}

/** Rounds on one database, one after the other. Returns how many writes were acknowledged. */
async function rounds(path: string, count: number): Promise<number> {
  const acknowledged: number[] = []
  for (let round = 0; round < count; round++) {
    acknowledged.push(...(await writeUntilKilled(path, randomInt(60))))
    // Opening it the way the application does must work on what the kill left behind.
    await openSqlite({ path }).close()
    const halves = halvesOf(path)
    for (const pair of acknowledged) {
      assert.equal(halves.get(pair), 2, `round ${round}: acknowledged pair ${pair}`)
    }
    for (const [pair, found] of halves) assert.equal(found, 2, `round ${round}: half of ${pair}`)
  }
  return acknowledged.length
}

test('kill -9 during writes, 20 rounds: what was acknowledged is there, whole', async (t) => {
  // Four databases at once, since most of a round is the start of a process.
  const lanes = [1, 2, 3, 4].map((lane) => rounds(join(folder, `${lane}.sqlite`), 5))
  const acknowledged = (await Promise.all(lanes)).reduce((sum, count) => sum + count, 0)
  assert.ok(acknowledged >= 20, `only ${acknowledged} writes were acknowledged`)
  t.diagnostic(`${acknowledged} acknowledged transactions`)
})
