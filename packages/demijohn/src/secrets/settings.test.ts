import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import { Misconfiguration } from '../core/misconfiguration.ts'
import {
  flag,
  integer,
  keyring,
  list,
  networks,
  oneOf,
  origin,
  port,
  secret,
  string,
} from './readers.ts'
import { type Environment, type Reader, readSettings } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'demijohn-settings-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
function fileWith(content: string | Uint8Array, mode = 0o600): string {
  files += 1
  const path = join(folder, String(files))
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

function problemsOf(environment: Environment, spec: Record<string, Reader<unknown>>) {
  try {
    readSettings(environment, spec)
  } catch (error) {
    assert.ok(error instanceof Misconfiguration)
    return error.problems
  }
  return []
}

const describe = 'a setting of this test'

const readings: readonly {
  name: string
  reader: Reader<unknown>
  takes: readonly (readonly [string, unknown])[]
  refuses: readonly string[]
}[] = [
  {
    name: 'flag (gap 27 of the usual stack: DEBUG=False is true)',
    reader: flag({ describe }),
    takes: [
      ['False', false],
      ['false', false],
      ['FALSE', false],
      ['0', false],
      ['no', false],
      ['off', false],
      ['true', true],
      ['True', true],
      ['1', true],
      ['yes', true],
      ['on', true],
    ],
    refuses: [
      '',
      ' true',
      'false ',
      'f',
      't',
      'n',
      'y',
      '2',
      '00',
      'none',
      'null',
      'enabled',
      'ｔｒｕｅ',
    ],
  },
  {
    name: 'integer',
    reader: integer({ describe, min: -5, max: 100 }),
    takes: [
      ['0', 0],
      ['-5', -5],
      ['100', 100],
      ['7', 7],
    ],
    refuses: [
      '',
      '101',
      '-6',
      '1.0',
      '1e1',
      '0x1',
      '+1',
      ' 1',
      '1 ',
      '01',
      '-01',
      '1_0',
      '1,0',
      'NaN',
      '٣',
      '9'.repeat(30),
    ],
  },
  {
    name: 'port',
    reader: port({ describe }),
    takes: [
      ['1', 1],
      ['8080', 8080],
      ['65535', 65535],
    ],
    refuses: ['0', '65536', '-1', '80/tcp', 'tcp://172.17.0.1:80'],
  },
  {
    name: 'oneOf',
    reader: oneOf(['development', 'production'], { describe }),
    takes: [['production', 'production']],
    refuses: ['', 'Production', 'prod', 'production ', 'constructor'],
  },
  {
    name: 'origin',
    reader: origin({ describe }),
    takes: [
      ['https://example.org', 'https://example.org'],
      ['https://example.org:8443', 'https://example.org:8443'],
      ['http://localhost:8080', 'http://localhost:8080'],
      ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
      ['http://[::1]:8080', 'http://[::1]:8080'],
    ],
    refuses: [
      '',
      'http://example.org',
      'http://localhost.example.org',
      'http://127.0.0.1.example.org',
      'https://example.org/',
      'https://example.org:443',
      'https://Example.org',
      'https://user@example.org',
      'https://example.org?x',
      'https://bücher.example',
      'example.org',
      'ftp://example.org',
      'javascript:alert(1)',
      'null',
    ],
  },
  {
    name: 'string',
    reader: string({ describe, max: 5 }),
    takes: [
      ['a b', 'a b'],
      ['äöü', 'äöü'],
    ],
    refuses: ['', '123456', 'a\nb', 'a\0', '\x7f'],
  },
  {
    name: 'list',
    reader: list(integer({ describe, min: 0, max: 9 }), { describe }),
    takes: [
      ['1', [1]],
      ['1,2', [1, 2]],
      ['1, 2', [1, 2]],
    ],
    refuses: ['', ',', '1,', '1,,2', '1;2', '1,10', Array(101).fill('1').join(',')],
  },
]

for (const { name, reader, takes, refuses } of readings) {
  test(`${name}: takes`, () => {
    for (const [text, value] of takes) {
      assert.deepEqual(readSettings({ IT: text }, { IT: reader }).IT, value, text)
    }
  })
  test(`${name}: refuses, and says what to do`, () => {
    for (const text of refuses) {
      const [problem, ...more] = problemsOf({ IT: text }, { IT: reader })
      assert.match(String(problem), /^IT .*Set IT to /, JSON.stringify(text))
      assert.deepEqual(more, [])
    }
  })
}

test('networks: takes networks, refuses everybody', () => {
  const spec = { IT: networks({ describe }) }
  assert.equal(readSettings({ IT: '10.0.0.0/8, ::1' }, spec).IT.length, 2)
  for (const text of ['', '*', '0.0.0.0/0', '::/0', '10.0.0.1/8', '10.0.0.0/8,', 'proxy']) {
    assert.equal(problemsOf({ IT: text }, spec).length, 1, text)
  }
})

test('missing: required is a problem, default and optional are not', () => {
  assert.match(
    String(problemsOf({}, { IT: port({ describe }) })[0]),
    /^IT is not set\. Set IT to .*a setting of this test/,
  )
  const settings = readSettings(
    {},
    {
      A: port({ describe, default: 80 }),
      B: string({ describe, optional: true }),
      C: flag({ describe, default: false }),
    },
  )
  const a: number = settings.A
  const b: string | undefined = settings.B
  assert.deepEqual([a, b, settings.C], [80, undefined, false])
  // @ts-expect-error: what is optional may be undefined
  const wrong: string = settings.B
  assert.equal(wrong, undefined)
})

test('empty is not missing: a default does not stand in for it', () => {
  assert.match(
    String(problemsOf({ IT: '' }, { IT: port({ describe, default: 80 }) })[0]),
    /^IT is empty/,
  )
})

test('inherited names of the environment object are not settings', () => {
  const environment = Object.create({ IT: '80' })
  assert.equal(problemsOf(environment, { IT: port({ describe }) }).length, 1)
})

test('every problem is reported at once, and the result is frozen', () => {
  const spec = { A: port({ describe }), B: flag({ describe }), C: string({ describe }) }
  assert.deepEqual(
    problemsOf({ A: 'x', B: 'maybe' }, spec).map((problem) => problem.slice(0, 2)),
    ['A ', 'B ', 'C '],
  )
  assert.ok(Object.isFrozen(readSettings({ A: '1', B: 'no', C: 'c' }, spec)))
})

test('a name that is none, or that another one needs, is refused', () => {
  assert.equal(problemsOf({ lower: '1' }, { lower: port({ describe }) }).length, 1)
  const spec = {
    KEY: string({ describe, optional: true }),
    KEY_FILE: string({ describe, optional: true }),
  }
  assert.match(String(problemsOf({}, spec)[0]), /KEY_FILE is taken/)
})

test('NAME_FILE: the content, without one newline at its end', () => {
  const spec = { IT: string({ describe }) }
  for (const [content, value] of [
    ['a', 'a'],
    ['a\n', 'a'],
    ['a\r\n', 'a'],
    ['a b', 'a b'],
  ] as const) {
    assert.equal(readSettings({ IT_FILE: fileWith(content) }, spec).IT, value)
  }
  assert.equal(problemsOf({ IT_FILE: fileWith('a\n\n') }, spec).length, 1)
})

const badFiles: readonly (readonly [string, () => Environment, RegExp])[] = [
  ['both given', () => ({ IT: 'a', IT_FILE: fileWith('a') }), /both set/],
  ['no such file', () => ({ IT_FILE: join(folder, 'none') }), /ENOENT/],
  ['a folder', () => ({ IT_FILE: folder }), /not a plain file/],
  ['a device', () => ({ IT_FILE: '/dev/zero' }), /not a plain file/],
  ['too large', () => ({ IT_FILE: fileWith('a'.repeat(65_537)) }), /larger/],
  ['not UTF-8', () => ({ IT_FILE: fileWith(new Uint8Array([0xff, 0xfe])) }), /UTF-8/],
  ['empty', () => ({ IT_FILE: fileWith('') }), /is empty/],
  ['empty name', () => ({ IT_FILE: '' }), /IT_FILE is empty/],
]

for (const [name, environment, says] of badFiles) {
  test(`NAME_FILE refused: ${name}`, () => {
    const problems = problemsOf(environment(), { IT: string({ describe }) })
    assert.equal(problems.length, 1)
    assert.match(String(problems[0]), says)
  })
}

const good = randomBytes(32).toString('base64url')

test('[asvs 13.3.2] a secret in a file that others can read is refused; other settings may be', () => {
  for (const mode of [0o640, 0o604, 0o644, 0o660, 0o602]) {
    const path = fileWith(good, mode)
    assert.match(
      String(problemsOf({ IT_FILE: path }, { IT: secret({ describe }) })[0]),
      /chmod 600/,
    )
    assert.deepEqual(problemsOf({ IT_FILE: path }, { IT: string({ describe }) }), [])
  }
  for (const mode of [0o600, 0o400]) {
    const settings = readSettings(
      { IT_FILE: fileWith(`${good}\n`, mode) },
      { IT: secret({ describe }) },
    )
    assert.equal(settings.IT.reveal(), good)
  }
})

test('a secret comes out by name alone', () => {
  const settings = readSettings({ IT: good }, { IT: secret({ describe }) })
  const shown = [
    JSON.stringify(settings),
    inspect(settings, { depth: 9, showHidden: true }),
    `${settings.IT}`,
  ]
  for (const text of shown) assert.doesNotMatch(text, new RegExp(good.slice(0, 12)))
  assert.equal(settings.IT.reveal(), good)
})

test('no problem of a secret holds any part of it', () => {
  const values = ['zqXvKwJ8', 'zqXvKwJ8'.repeat(8), `${'zqXvKwJ8'}-changeme-${'zqXvKwJ8'}`]
  for (const value of values) {
    for (const reader of [secret({ describe }), keyring({ describe })]) {
      for (const environment of [
        { IT: value },
        { IT_FILE: fileWith(value) },
        { IT_FILE: fileWith(value, 0o644) },
      ]) {
        const problems = problemsOf(environment, { IT: reader })
        assert.equal(problems.length, 1)
        assert.doesNotMatch(problems.join(), /zqXv/)
      }
    }
  }
})
