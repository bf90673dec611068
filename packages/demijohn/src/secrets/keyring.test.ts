import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { loadOrCreateKeyFile } from './keyFile.ts'
import { deriveKey, parseKeyring } from './keyring.ts'

const folder = mkdtempSync(join(tmpdir(), 'demijohn-keys-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const hex = (text: string) => Buffer.from(text, 'hex')

/** RFC 5869 appendix A, the test cases with SHA-256. */
const vectors = [
  {
    name: 'A.1 basic',
    key: '0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b',
    salt: '000102030405060708090a0b0c',
    info: 'f0f1f2f3f4f5f6f7f8f9',
    output: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  },
  {
    name: 'A.2 longer inputs and outputs',
    key: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f',
    salt: '606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf',
    info: 'b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
    output:
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  },
  {
    name: 'A.3 no salt, no info',
    key: '0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b',
    salt: '',
    info: '',
    output: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  },
]

for (const { name, key, salt, info, output } of vectors) {
  test(`HKDF, RFC 5869 ${name}`, () => {
    const bytes = output.length / 2
    const derived = deriveKey({ key: hex(key), salt: hex(salt), info: hex(info), bytes })
    assert.equal(derived.toString('hex'), output)
  })
}

function freshKey(): string {
  return randomBytes(32).toString('base64url')
}

test('one subkey for each key, in order, different for each purpose and key', () => {
  const [newer, older] = [freshKey(), freshKey()]
  const both = parseKeyring(`${newer}\n${older}`)
  const before = parseKeyring(older)
  assert.equal(both.subkeys('csrf').length, 2)
  assert.deepEqual(both.subkeys('csrf')[1], before.subkeys('csrf')[0])
  const seen = new Set(
    ['csrf', 'csrf2', 'CSRF', 'tickets'].flatMap((purpose) =>
      both.subkeys(purpose).map((key) => key.toString('hex')),
    ),
  )
  assert.equal(seen.size, 8)
  for (const key of both.subkeys('csrf')) assert.equal(key.length, 32)
  assert.equal(both.subkeys('csrf'), both.subkeys('csrf'))
  assert.throws(() => both.subkeys(''), RangeError)
})

test('separators: white space and commas', () => {
  const [a, b, c] = [freshKey(), freshKey(), freshKey()]
  for (const text of [`${a},${b} ${c}`, ` ${a}\n${b}\r\n${c}\n`, `${a}, ${b},\t${c}`]) {
    assert.equal(parseKeyring(text).size, 3)
  }
})

const key = freshKey()
const refused: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['separators alone', ' ,\n'],
  ['31 bytes', randomBytes(31).toString('base64url')],
  ['33 bytes', randomBytes(33).toString('base64url')],
  ['hexadecimal', randomBytes(32).toString('hex')],
  ['padding', `${key}=`],
  // The last of 43 characters carries four bits; another spelling of the same bytes has stray ones.
  ['a second spelling', `${freshKey().slice(0, 42)}B`],
  ['another alphabet', `${'+/'.repeat(21)}A`],
  ['the same key twice', `${key} ${key}`],
  ['a good one and a bad one', `${key} short`],
  ['zeros', Buffer.alloc(32).toString('base64url')],
  ['a sequence', Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('base64url')],
  ['seventeen', Array.from({ length: 17 }, freshKey).join(' ')],
]

for (const [name, text] of refused) {
  test(`keyring refused: ${name}`, () => {
    assert.throws(
      () => parseKeyring(text),
      (error) => {
        assert.ok(error instanceof Misconfiguration)
        for (const part of text.split(/[\s,]+/)) {
          if (part.length > 10) assert.ok(!error.message.includes(part))
        }
        return true
      },
    )
  })
}

test('a keyring never shows its keys', () => {
  const ring = parseKeyring(key)
  const derived = ring.subkeys('csrf').map((subkey) => subkey.toString('hex'))
  const shown = [
    JSON.stringify({ ring }),
    inspect({ ring }, { depth: 9, showHidden: true }),
    `${ring}`,
  ]
  for (const text of shown) {
    assert.match(text, /redacted/)
    for (const secret of [key, Buffer.from(key, 'base64url').toString('hex'), ...derived]) {
      assert.ok(!text.includes(secret.slice(0, 8)))
    }
  }
})

test('a key file is made once, for its owner alone, and stays the same', () => {
  const path = join(folder, 'new', 'keys')
  const first = loadOrCreateKeyFile(path)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(statSync(join(folder, 'new')).mode & 0o777, 0o700)
  assert.deepEqual(readdirSync(join(folder, 'new')), ['keys'])
  assert.deepEqual(loadOrCreateKeyFile(path).subkeys('x'), first.subkeys('x'))
})

test('[asvs 13.3.2] a key file that others can read is refused, and left as it is', () => {
  const path = join(folder, 'open')
  for (const mode of [0o640, 0o644, 0o604, 0o666]) {
    writeFileSync(path, `${key}\n`)
    chmodSync(path, mode)
    assert.throws(() => loadOrCreateKeyFile(path), /chmod 600/)
    assert.equal(readFileSync(path, 'utf8'), `${key}\n`)
  }
  chmodSync(path, 0o600)
  assert.equal(loadOrCreateKeyFile(path).size, 1)
})

test('a key file that is not one is refused, never replaced', () => {
  const path = join(folder, 'broken')
  for (const content of ['', 'changeme', '\0']) {
    writeFileSync(path, content, { mode: 0o600 })
    assert.throws(() => loadOrCreateKeyFile(path), Misconfiguration)
    assert.equal(readFileSync(path, 'utf8'), content)
  }
  assert.throws(() => loadOrCreateKeyFile(folder), Misconfiguration)
  assert.throws(() => loadOrCreateKeyFile(join(path, 'below')), Misconfiguration)
})

const racer = `
import { loadOrCreateKeyFile } from ${JSON.stringify(new URL('./keyFile.ts', import.meta.url).href)}
console.log(loadOrCreateKeyFile(process.argv[1]).subkeys('race')[0].toString('hex'))
`

function race(path: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', racer, '--', path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += String(chunk)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => resolve(printed.trim()))
  })
}

test('processes that start at once agree on one key', async () => {
  for (let round = 0; round < 2; round++) {
    const path = join(folder, `raced-${round}`)
    const keys = await Promise.all(Array.from({ length: 4 }, () => race(path)))
    assert.match(String(keys[0]), /^[0-9a-f]{64}$/)
    assert.equal(new Set(keys).size, 1)
  }
})
