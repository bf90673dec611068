/** docs/logging.md and the code name the same events and fields. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../src/core/clock.ts'
import { eventLevels } from '../../src/watch/events.ts'
import { createLog, type RequestLine } from '../../src/watch/log.ts'
import { code, codes, readPage, rows, section } from './pages.ts'

const page = readPage('docs/logging.md')

test('logging: every event is documented with its level, and no other is', () => {
  const documented = rows(section(page, 'Events')).map((row) => [code(row[0]), row[1]])
  assert.ok(documented.length > 10)
  assert.deepEqual(documented, Object.entries(eventLevels))
})

test('logging: the lines have the documented fields, and no others', () => {
  const lines: string[] = []
  const stream = { write: (line: string) => lines.push(line) }
  const log = createLog({ clock: manualClock(0), stream })
  const all: RequestLine = {
    requestId: 'a-1',
    method: 'GET',
    route: '/',
    status: 403,
    milliseconds: 1,
    client: '192.0.2.1',
    userId: 'u',
    refusal: 'access.forbidden',
    step: 'access',
    detail: 'not the owner',
    event: 'authz_fail',
  }
  log.request(all)
  log.event('authn_login_fail', {})
  log.fault('a-1', new Error('x'))
  const documented = new Map(
    rows(section(page, 'Lines')).map((row) => [code(row[0]), codes(row[2])]),
  )
  assert.equal(documented.size, lines.length)
  for (const line of lines) {
    const { msg, ...fields }: { readonly msg: string } = JSON.parse(line)
    assert.deepEqual(Object.keys(fields).sort(), documented.get(msg)?.toSorted(), msg)
  }
})
