import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../core/clock.ts'
import { createLog } from '../watch/log.ts'
import { watchEventLoop } from './eventLoop.ts'

/** Keeps the thread busy, as too many requests would. */
function block(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

async function reached(isTrue: () => boolean, meanwhile: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; !isTrue(); attempt += 1) {
    assert.ok(attempt < 200, 'it did not come to that')
    await meanwhile()
  }
}

test('[asvs 15.2.2] event loop: a thread that is kept busy is noticed, and so is its end, and both are logged', async () => {
  const lines: string[] = []
  const log = createLog({ clock: systemClock, stream: { write: (line) => lines.push(line) } })
  const told: boolean[] = []
  const stop = watchEventLoop((isStrained) => told.push(isStrained), log)
  try {
    await reached(
      () => told.length > 0,
      async () => {
        block(250)
        await pause(0)
      },
    )
    assert.deepEqual(told, [true])
    assert.match(lines[0] ?? '', /strangers are refused/)
    await reached(
      () => told.length > 1,
      () => pause(50),
    )
    assert.deepEqual(told, [true, false])
    assert.match(lines[1] ?? '', /let in again/)
  } finally {
    stop()
  }
})

/** Keeps the thread from its work without keeping it busy, as other processes on its core would. */
function starve(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

test('[asvs 15.2.2] event loop: a thread that waits for a core turns nobody away', async () => {
  const told: boolean[] = []
  const log = createLog({ clock: systemClock, stream: { write: () => true } })
  const stop = watchEventLoop((isStrained) => told.push(isStrained), log)
  try {
    for (let count = 0; count < 8; count += 1) {
      starve(250)
      await pause(0)
    }
    assert.deepEqual(told, [])
  } finally {
    stop()
  }
})
