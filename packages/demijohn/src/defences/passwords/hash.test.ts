import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import test from 'node:test'
import { computeTag, formatStoredHash, parseStoredHash } from './hash.ts'

test('[asvs 11.4.2] RFC 9106 section 5.3: the Argon2id test vector', () => {
  const tag = argon2Sync('argon2id', {
    message: Buffer.alloc(32, 1),
    nonce: Buffer.alloc(16, 2),
    secret: Buffer.alloc(8, 3),
    associatedData: Buffer.alloc(12, 4),
    parallelism: 4,
    tagLength: 32,
    memory: 32,
    passes: 3,
  })
  const want = '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659'
  assert.equal(tag.toString('hex'), want)
})

/** Made by the reference implementation: the first is its own test, the others argon2-cffi 25.1.0. */
const vectors: readonly (readonly [string, string])[] = [
  [
    'password',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  [
    'correct horse battery staple',
    '$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0',
  ],
  [
    'Ünïcødé пароль 密码 🔑',
    '$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$isRKyLQt4OtlshXNxP1TWiZfIF3lMD6SYjF1x6gG0xs',
  ],
  [
    `${'x'.repeat(72)}a`,
    '$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MFQA+KM4k0trXJAGjfIsoJPUYBna6FBogIR+UWAotGI',
  ],
  [
    `${'x'.repeat(72)}b`,
    '$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$PyU0IT89Pc8aUA3Um2wwxq8WhgvS2p2dcbAKvzHB3SY',
  ],
  [
    'correct horse battery staple',
    '$argon2id$v=19$m=12288,t=3,p=2$c29tZXNhbHRzb21lc2FsdA$aHm9Xq6+yIUo/N8p2mBNA68mZyjQTilyQPjXkozm124',
  ],
]

test('hashes of another implementation are read, recomputed and written alike', async () => {
  for (const [password, stored] of vectors) {
    const parsed = parseStoredHash(stored)
    assert.ok(parsed, stored)
    assert.equal(formatStoredHash(parsed), stored)
    const tag = await computeTag(password, { ...parsed, tagLength: parsed.tag.length })
    assert.deepEqual(tag, parsed.tag, password)
  }
})

const salt = 'MDEyMzQ1Njc4OWFiY2RlZg'
const tag = 'gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0'

test('a stored string cannot ask for unbounded work', () => {
  const costs = ['m=262145,t=2,p=1', 'm=9999999,t=2,p=1', 'm=19456,t=11,p=1', 'm=19456,t=999,p=1']
  costs.push('m=19456,t=2,p=5', 'm=19456,t=2,p=99', 'm=4294967295,t=4294967295,p=16777215')
  costs.push('m=15,t=2,p=2')
  for (const cost of costs) {
    assert.equal(parseStoredHash(`$argon2id$v=19$${cost}$${salt}$${tag}`), undefined, cost)
  }
  assert.ok(parseStoredHash(`$argon2id$v=19$m=262144,t=10,p=4$${salt}$${tag}`))
  assert.equal(
    parseStoredHash(`$argon2id$v=19$m=19456,t=2,p=1$${salt}$${'A'.repeat(1e6)}`),
    undefined,
  )
})

test('a stored hash has one spelling', () => {
  const good = `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${tag}`
  assert.ok(parseStoredHash(good))
  const bad = [
    '',
    'password',
    ` ${good}`,
    `${good} `,
    `${good}\n`,
    `${good}=`,
    `${good}$`,
    good.slice(1),
  ]
  for (const [from, to] of [
    ['argon2id', 'argon2i'],
    ['argon2id', 'argon2d'],
    ['argon2id', 'ARGON2ID'],
    ['v=19$', ''],
    ['v=19', 'v=16'],
    ['m=19456,t=2', 't=2,m=19456'],
    ['m=19456', 'm=019456'],
    ['m=19456', 'm=+19456'],
    ['m=19456', 'm=1e4'],
    ['m=19456', 'm=0x4c00'],
    ['m=19456', 'm= 19456'],
    ['t=2', 't=0'],
    ['p=1', 'p=0'],
    ['p=1', 'p=1,keyid=AA'],
    [salt, ''],
    [salt, `${salt}==`],
    [salt, 'MDEyMzQ1Njc4OWFiY2RlZh'],
    [salt, 'c2FsdA'],
    [tag, tag.slice(0, 12)],
    [tag, `${tag.slice(0, -1)}1`],
    [tag, tag.replace('/', '_')],
    [tag, tag.replace('/', ' ')],
  ] as const) {
    bad.push(good.replace(from, to))
  }
  for (const stored of bad) assert.equal(parseStoredHash(stored), undefined, stored)
})
