import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareOrigin } from './origin.ts'

const own = 'https://site.example'

test('origin: our own matches, none is absent', () => {
  assert.equal(compareOrigin(own, own), 'match')
  assert.equal(compareOrigin(undefined, own), 'absent')
})

const others = [
  ...['null', '', 'http://site.example', 'https://site.example/', 'https://site.example:443'],
  ...['https://SITE.example', 'https://site.example.', 'https://site.example.evil.example'],
  ...[
    'https://evil.example',
    'https://user@site.example',
    'https://site.example, https://site.example',
  ],
  ...['https://site.example https://evil.example', ' https://site.example', 'site.example', '*'],
]

for (const header of others) {
  test(`origin: ${JSON.stringify(header)} is another`, () => {
    assert.equal(compareOrigin(header, own), 'other')
  })
}

test('origin: null never matches, not even itself', () => {
  assert.equal(compareOrigin('null', 'null'), 'other')
})
