import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenNetworks } from './networks.ts'

const minute = 60_000
const [home, phone, cafe] = ['192.0.2.1', '198.51.100.1', '2001:db8::']

/** Which of the uses, each at its minute, were a coming back. */
function back(uses: readonly (readonly [network: string, atMinute: number])[]): readonly boolean[] {
  const networks = tokenNetworks()
  return uses.map(([network, at]) => networks.isBack('a', network, at * minute))
}

test('networks: whoever moves on, and stays there, is nobody strange', () => {
  assert.deepEqual(
    back([
      [home, 0],
      [home, 5],
      [phone, 6],
      [phone, 60],
      [cafe, 61],
      [home, 62],
    ]),
    [false, false, false, false, false, false],
  )
})

test('networks: a token that is used here and there in turn is held twice', () => {
  assert.deepEqual(
    back([
      [home, 0],
      [cafe, 1],
      [home, 2],
      [cafe, 3],
    ]),
    [false, false, true, true],
  )
})

test('networks: who comes home in the evening is nobody strange', () => {
  assert.deepEqual(
    back([
      [home, 0],
      [cafe, 1],
      [home, 10],
      [cafe, 25],
      [home, 45],
    ]),
    [false, false, false, false, false],
  )
  assert.deepEqual(
    back([
      [home, 0],
      [cafe, 1],
      [home, 9.9],
    ]),
    [false, false, true],
  )
})

test('networks: one token says nothing of another, and memory ends somewhere', () => {
  const networks = tokenNetworks(2)
  networks.isBack('a', home, 0)
  networks.isBack('b', cafe, 0)
  assert.equal(networks.isBack('b', home, minute), false)
  assert.equal(networks.isBack('b', cafe, 2 * minute), true)
  networks.isBack('a', cafe, 2 * minute)
  networks.isBack('c', home, 2 * minute)
  networks.isBack('d', home, 2 * minute)
  assert.equal(networks.isBack('a', home, 3 * minute), false, 'forgotten')
})
