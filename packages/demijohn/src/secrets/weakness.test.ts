import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { secret } from './readers.ts'
import { readSettings } from './settings.ts'
import { weaknessOf } from './weakness.ts'

const weak: readonly (readonly [string, string])[] = [
  ['one letter', 'x'],
  [
    'the key of the Flask documentation',
    '192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf',
  ],
  ['the older key of the Flask documentation', '_5#y2L"F4Q8z\n\xec]/'],
  ['the same, as it is written in Python', '_5#y2L"F4Q8z\\n\\xec]/'],
  [
    'the key of the FastAPI tutorial',
    '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  ],
  ['the key of the Flask-Security quick start', 'pf9Wkove4IKEAXvy-cQkeDPhv9Cb3Ag-wyJILbq_dFw'],
  [
    'the key of RFC 7515',
    'AyM1SysPpbyfDfZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  ],
  ['jwt.io', 'a-string-secret-at-least-256-bits-long'],
  ['a new Django project', 'django-insecure-7^v!0k@q2$w9d#1m%8x&z*4c(6b)5n-3j_h+g=fdsapoiuyt'],
  ['dev', 'dev'],
  ['secret', 'secret'],
  ['password', 'password'],
  ['changeme', 'changeme'],
  ['a placeholder made long', 'Please-Change-Me-before-you-go-live-0123456789'],
  ['keyboard cat', 'keyboard cat'],
  ['a row of the keyboard', 'qwertyuiopasdfghjklzxcvbnmqwertyuiopasdfghjkl'],
  ['one character', 'a'.repeat(64)],
  ['zeros in hexadecimal', '0'.repeat(64)],
  ['a block and again', randomBytes(16).toString('hex').repeat(3)],
  ['a block, again, and a part', `${'k3J9xQ2mZp7Lw0Ta'.repeat(3)}k3J9`],
  ['the alphabet', 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'],
  ['digits upwards', '0123456789012345678901234567890123456789012345678901234567890123'],
  ['bytes upwards', Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('hex')],
  [
    'bytes downwards by three',
    Buffer.from(Array.from({ length: 32 }, (_, i) => 255 - 3 * i)).toString('base64'),
  ],
  ['few bytes', Buffer.from('abacabadabacabaeabacabadabacabaf').toString('hex')],
  ['31 random bytes', randomBytes(31).toString('base64url')],
  ['31 random bytes in hexadecimal', randomBytes(31).toString('hex')],
  ['24 random bytes, 32 characters long', randomBytes(24).toString('base64url')],
  ['16 random bytes, 32 characters long', randomBytes(16).toString('hex')],
]

for (const [name, text] of weak) {
  test(`[asvs 13.2.3] refused as a secret (gap 26 of the usual stack): ${name}`, () => {
    assert.notEqual(weaknessOf(text), undefined)
    assert.throws(
      () => readSettings({ IT: text }, { IT: secret({ describe: 'it' }) }),
      (error) =>
        error instanceof Misconfiguration && (text.length < 8 || !error.message.includes(text)),
    )
  })
}

test('[asvs 11.2.3] random secrets of 32 bytes and more are taken in every spelling', () => {
  for (let round = 0; round < 5000; round++) {
    const bytes = randomBytes(32 + (round % 33))
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      const text = bytes.toString(encoding)
      assert.equal(weaknessOf(text), undefined, text)
    }
  }
})

test('fewer bytes only where the setting asks for fewer', () => {
  const text = randomBytes(20).toString('hex')
  assert.notEqual(weaknessOf(text), undefined)
  assert.equal(weaknessOf(text, 20), undefined)
})
