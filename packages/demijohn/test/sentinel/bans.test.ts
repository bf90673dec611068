import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryBanStore } from '../../src/defences/sentinel/bans.ts'
import { banContract, banOf } from './banContract.ts'

const day = 24 * 60 * 60_000
const open = (mostBans: number) => memoryBanStore({ mostBans, memoryMilliseconds: day })

banContract('in memory', async () => ({ store: open(100), close: async () => undefined }))

test('[asvs 2.4.1] bans, in memory: any number of them fits into bounded room', () => {
  const store = open(1_000)
  for (let client = 0; client < 50_000; client += 1) store.place(banOf(`client ${client}`))
  assert.equal(store.size(), 1_000)
})

test('bans, in memory: when full, what has ended goes before what holds', () => {
  const store = open(3)
  const start = banOf('x').from
  store.place(banOf('holds', { until: start + day }))
  store.place(banOf('ends'))
  store.place(banOf('holds too', { until: start + day }))
  store.place(banOf('new', { from: start + day / 2, until: start + day }))
  assert.ok(store.find('holds', start + day / 2))
  assert.ok(store.find('holds too', start + day / 2))
  assert.ok(store.find('new', start + day / 2))
})
