import assert from 'node:assert/strict'
import test from 'node:test'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { csrfOptions } from './options.ts'

const subkeys = [Buffer.alloc(32, 7)]

test('serialised origins are taken', () => {
  const ownOrigins = ['https://press.example', 'http://localhost:8080', 'http://[::1]:8080']
  assert.deepEqual([...csrfOptions({ ownOrigins, subkeys }).ownOrigins], ownOrigins)
})

test('what no browser would send as Origin is refused at start', () => {
  const wrong = [
    '',
    'null',
    '*',
    'press.example',
    'https://press.example/',
    'https://Press.example',
  ]
  wrong.push('https://press.example:443', 'ftp://press.example', 'https://a@press.example')
  for (const origin of wrong) {
    assert.throws(() => csrfOptions({ ownOrigins: [origin], subkeys }), Misconfiguration, origin)
  }
  assert.throws(() => csrfOptions({ ownOrigins: [], subkeys }), Misconfiguration)
})

test('missing and short keys are refused at start, without showing them', () => {
  const ownOrigins = ['https://press.example']
  assert.throws(() => csrfOptions({ ownOrigins, subkeys: [] }), Misconfiguration)
  const short = Buffer.from('short-and-secret')
  assert.throws(
    () => csrfOptions({ ownOrigins, subkeys: [...subkeys, short] }),
    (error) => error instanceof Misconfiguration && !error.message.includes('short-and-secret'),
  )
})
