/** What every store of bans is held to, in memory or shared. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ban, BanStore } from '../../src/defences/sentinel/bans.ts'

const minute = 60_000
const day = 24 * 60 * minute
const start = Date.UTC(2026, 0, 1)

export const banOf = (client: string, facts: Partial<Ban> = {}): Ban => ({
  ...{ client, from: start, until: start + 10 * minute, earlier: 0 },
  evidence: { detector: 'scanning', threat: 'OAT-014', counts: { scannerPaths: 15 } },
  ...facts,
})

/** `open` gives an empty store that remembers an ended ban for a day, and what closes it. */
export function banContract(
  name: string,
  open: () => Promise<{ readonly store: BanStore; readonly close: () => Promise<void> }>,
): void {
  const on = (what: string, run: (store: BanStore) => Promise<void>): void => {
    test(`bans, ${name}: ${what}`, async () => {
      const { store, close } = await open()
      try {
        await run(store)
      } finally {
        await close()
      }
    })
  }

  on('a ban holds from its placing to its end, for its client alone', async (store) => {
    const ban = banOf('192.0.2.1')
    await store.place(ban)
    assert.deepEqual(store.find('192.0.2.1', start), ban)
    assert.deepEqual(store.find('192.0.2.1', ban.until - 1), ban)
    assert.equal(store.find('192.0.2.1', ban.until), undefined)
    assert.equal(store.find('192.0.2.2', start), undefined)
  })

  on('a ban holds in this process before the store has answered', async (store) => {
    const placed = store.place(banOf('2001:db8::/64'))
    assert.ok(store.find('2001:db8::/64', start))
    await placed
  })

  on('ended bans are remembered for a day and no longer', async (store) => {
    const ban = banOf('192.0.2.1')
    assert.equal(store.earlier('192.0.2.1', start), 0)
    await store.place(ban)
    assert.equal(store.earlier('192.0.2.1', ban.until + day - 1), 1)
    assert.equal(store.earlier('192.0.2.1', ban.until + day), 0)
    await store.place(banOf('192.0.2.1', { earlier: 1 }))
    assert.equal(store.earlier('192.0.2.1', start), 2)
  })

  on('a lifted ban is gone, and so is the memory of it', async (store) => {
    await store.place(banOf('192.0.2.1', { earlier: 3 }))
    assert.equal(await store.lift('192.0.2.1'), true)
    assert.equal(store.find('192.0.2.1', start), undefined)
    assert.equal(store.earlier('192.0.2.1', start), 0)
    assert.equal(await store.lift('192.0.2.1'), false)
    assert.equal(await store.lift('192.0.2.9'), false)
  })

  on('the list has what holds, the newest first, each with its evidence', async (store) => {
    const early = banOf('192.0.2.1')
    const late = banOf('192.0.2.2', { from: start + minute, until: start + 20 * minute })
    await store.place(early)
    await store.place(late)
    assert.deepEqual(await store.list(start + minute), [late, early])
    assert.deepEqual(await store.list(early.until), [late])
    assert.deepEqual(await store.list(late.until), [])
  })

  on('a second ban of one client replaces the first', async (store) => {
    await store.place(banOf('192.0.2.1'))
    const longer = banOf('192.0.2.1', { until: start + day, earlier: 1 })
    await store.place(longer)
    assert.deepEqual(await store.list(start), [longer])
  })
}
