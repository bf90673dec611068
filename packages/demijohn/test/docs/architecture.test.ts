/** ARCHITECTURE.md shows the rooms and the steps of the code, in their order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sessionCookie } from '../../src/defences/sessions/cookie.ts'
import { requestPath } from '../../src/pipeline/order.ts'
import type { Parts } from '../../src/pipeline/parts.ts'
import { rooms } from '../architecture/rooms.ts'
import { code, codes, fenced, readPage, rows, section } from './pages.ts'

const page = readPage('ARCHITECTURE.md')
// Putting the steps in order reads no more of the parts than this; nothing is run.
const { names } = requestPath({ sessionCookie: sessionCookie('https') } as Parts)

test('architecture page: the steps are those of the code, in its order', () => {
  const documented = rows(section(page, 'The path of a request'))
  assert.ok(names.length > 5)
  assert.deepEqual(
    documented.map(([, name]) => code(name)),
    names,
  )
  assert.deepEqual(
    documented.map(([place]) => Number(place)),
    names.map((_, at) => at + 1),
  )
  for (const row of documented) assert.equal(row.filter((cell) => cell !== '').length, 4, row[1])
})

test('architecture page: the diagram has the same steps in the same order', () => {
  const [diagram = ''] = fenced(page, 'mermaid')
  const chain = diagram.split('\n').find((line) => line.includes(`${names[0]} --> ${names[1]}`))
  assert.equal(chain?.trim().replace(/ --> reply.*$/, ''), names.join(' --> '))
  const exits = [...diagram.matchAll(/^ {2}(\w+) -\. .* \.-> refusal$/gm)].map((found) => found[1])
  const refusing = rows(section(page, 'The path of a request'))
    .filter((row) => codes(row[3]).length > 0)
    .map(([, name]) => code(name))
  assert.deepEqual(exits, ['socket', ...refusing])
})

test('architecture page: the rooms are those of the table that the imports are held to', () => {
  const documented = rows(section(page, 'Rooms'))
  assert.deepEqual(
    documented.map(([name]) => code(name)),
    rooms.map(({ name }) => name),
  )
  for (const [at, { name, packages, not = [] }] of rooms.entries()) {
    assert.deepEqual(codes(documented[at]?.[2]), packages, name)
    assert.deepEqual(codes(documented[at]?.[3]), not, name)
  }
})
