import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { lowerPoolPriority } from './poolPriority.ts'

test('pool priority: without a list of threads nothing is changed, and nothing fails', async () => {
  const own = getPriority()
  assert.equal(await lowerPoolPriority('/nowhere/to/be/found'), 0)
  assert.equal(getPriority(), own)
})

test('[asvs 15.2.2] pool priority: the threads that hash give way to the one that answers, where there is a list of them', async () => {
  const own = getPriority()
  const lowered = await lowerPoolPriority()
  assert.equal(getPriority(), own)
  if (process.platform !== 'linux') {
    assert.equal(lowered, 0)
    return
  }
  const threads = readdirSync('/proc/self/task').map((id) => ({
    name: readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim(),
    // Field 19 of proc_pid_stat(5), counted from behind the name, which may hold blanks.
    nice: Number(readFileSync(`/proc/self/task/${id}/stat`, 'utf8').split(') ')[1]?.split(' ')[16]),
  }))
  // Node's documentation of UV_THREADPOOL_SIZE: four where nothing is said.
  const pool = threads.filter(({ name }) => name === 'libuv-worker')
  assert.equal(pool.length, Number(process.env.UV_THREADPOOL_SIZE ?? 4))
  assert.equal(lowered, pool.length)
  for (const { name, nice } of threads) {
    assert.ok(name === 'libuv-worker' ? nice > own : nice === own, `${name}: ${nice}`)
  }
})
