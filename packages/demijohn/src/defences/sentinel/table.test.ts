import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundedTable } from './table.ts'

type Row = { suspect: boolean }
const open = (most: number) =>
  boundedTable<string, Row>({
    most,
    make: () => ({ suspect: false }),
    isSuspect: (row) => row.suspect,
  })

test('[asvs 2.4.1] table: a suspect outlasts any noise, in bounded room', () => {
  const table = open(100)
  for (let client = 0; client < 60; client += 1) {
    const row = table.open(`suspect ${client}`, 0)
    assert.ok(row)
    row.suspect = true
  }
  for (let noise = 0; noise < 20_000; noise += 1) {
    table.open(`noise ${noise}`, 0)
    assert.ok(table.size() <= 100)
  }
  for (let client = 0; client < 60; client += 1) assert.ok(table.get(`suspect ${client}`))
})

test('table: somebody unsuspicious makes room for a newcomer', () => {
  const table = open(3)
  for (const name of ['a', 'b', 'c', 'd']) assert.ok(table.open(name, 0))
  assert.equal(table.get('a'), undefined)
  assert.ok(table.get('d'))
})

test('table: where all are suspects, a newcomer is not remembered', () => {
  const table = open(10)
  for (let client = 0; client < 10; client += 1) {
    const row = table.open(String(client), 0)
    if (row !== undefined) row.suspect = true
  }
  for (let noise = 0; noise < 100; noise += 1) assert.equal(table.open(`n${noise}`, 0), undefined)
  assert.equal(table.size(), 10)
  assert.ok(table.open('3', 0))
})

test('table: what was deleted begins anew', () => {
  const table = open(3)
  const first = table.open('a', 0)
  table.delete('a')
  assert.notEqual(table.open('a', 0), first)
})
