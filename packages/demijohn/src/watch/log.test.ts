import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { manualClock } from '../core/clock.ts'
import { createLog, type RequestLine } from './log.ts'

function capture(level?: 'info' | 'warn') {
  const lines: string[] = []
  const log = createLog({
    clock: manualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678)),
    stream: { write: (line: string) => lines.push(line) },
    ...(level === undefined ? {} : { level }),
  })
  return { lines, log, only: (): Record<string, unknown> => JSON.parse(lines[0] ?? '') }
}

const line: RequestLine = {
  requestId: 'abcd0123-1',
  method: 'GET',
  route: '/posts/:postId',
  status: 200,
  milliseconds: 1.234,
  client: '192.0.2.1',
  userId: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
  refusal: undefined,
  step: undefined,
  detail: undefined,
  event: undefined,
}

test('[asvs 16.2.1] log: a request is one line that says when, who, what and how it ended', () => {
  const { log, lines, only } = capture()
  log.request(line)
  assert.equal(lines.length, 1)
  assert.deepEqual(only(), {
    level: 'info',
    time: '2026-01-02T03:04:05.678Z',
    requestId: 'abcd0123-1',
    method: 'GET',
    route: '/posts/:postId',
    status: 200,
    milliseconds: 1.234,
    client: '192.0.2.1',
    userId: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
    msg: 'request',
  })
})

test('[asvs 16.2.2] log: time is UTC in ISO 8601, from the clock that was passed in', () => {
  const { log, only } = capture()
  log.info('x')
  assert.equal(only().time, '2026-01-02T03:04:05.678Z')
})

test('log: a refusal is logged at the level of its event', () => {
  const { log, only } = capture()
  log.request({ ...line, status: 403, refusal: 'csrf.cross-site', event: 'malicious_csrf' })
  assert.equal(only().level, 'warn')
  assert.equal(only().event, 'malicious_csrf')
})

test('log: an event carries its name and its facts, and no fact renames it', () => {
  const { log, only } = capture()
  log.event('authn_login_fail', { userId: 'u', event: 'sys_startup' })
  assert.equal(only().event, 'authn_login_fail')
  assert.equal(only().userId, 'u')
})

test('log: below the level that was asked for nothing is written', () => {
  const { log, lines } = capture('warn')
  log.request(line)
  log.event('authn_login_fail', {})
  assert.equal(lines.length, 1)
})

test('[asvs 16.4.1] log: whatever a value holds, it is one line of printable characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const { log, lines } = capture()
      log.request({ ...line, client: text, detail: text, method: text })
      log.event('authz_fail', { targetId: text, [text]: text })
      log.info(text)
      log.fault(text, new Error(text))
      assert.equal(lines.length, 4)
      for (const one of lines) {
        assert.equal(one.indexOf('\n'), one.length - 1)
        assert.equal(typeof JSON.parse(one), 'object')
      }
      assert.equal(JSON.parse(lines[0] ?? '').detail, text)
    }),
    { numRuns: 300 },
  )
})

/** What moves a terminal's cursor or ends a line somewhere: C0, DEL, C1, line separators, bidi. */
const controls = [
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, offset) => 0x7f + offset),
  ...[0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069],
]
test('[asvs 16.4.1] log: every control character is escaped', () => {
  for (const code of controls) {
    const { log, lines } = capture()
    const character = String.fromCodePoint(code)
    log.request({ ...line, detail: `a${character}b` })
    log.event('authz_fail', { targetId: `a${character}b` })
    log.fault('id', new Error(`a${character}b`))
    for (const one of lines) {
      const name = `U+${code.toString(16)} in ${one}`
      assert.equal(one.slice(0, -1).includes(character), false, name)
      assert.equal(JSON.stringify(JSON.parse(one)).length > 0, true)
    }
    assert.equal(JSON.parse(lines[0] ?? '').detail, `a${character}b`)
  }
})

test('[asvs 16.2.5] log: of an error, the name, the message and the stack; nothing attached to it', () => {
  const { log, only, lines } = capture()
  const error = Object.assign(new TypeError('it broke'), {
    password: 'attached-secret',
    config: { headers: { authorization: 'Bearer attached-secret' } },
    cause: new Error('attached-secret'),
  })
  log.fault('abcd0123-1', error)
  assert.equal(only().level, 'error')
  assert.equal(only().event, 'sys_crash')
  assert.equal(only().error, 'TypeError: it broke')
  assert.match(String(only().stack), /log\.test\.ts/)
  assert.equal(lines.join('').includes('attached-secret'), false)
})

test('log: what is thrown without being an error is named by its type alone', () => {
  for (const thrown of ['a secret', { password: 'a secret' }, null, undefined, 7n]) {
    const { log, only, lines } = capture()
    log.fault('abcd0123-1', thrown)
    assert.equal(only().error, `thrown: ${typeof thrown}`)
    assert.equal(lines.join('').includes('a secret'), false)
  }
})
