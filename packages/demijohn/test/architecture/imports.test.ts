/**
 * The shape of the code, held by a table (rooms.ts) and by rules (rules.ts). Every rule is also run
 * over something that breaks it: a check that cannot fail would be a comment.
 */
import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { test } from 'node:test'
import { addressProblems, integrityProblems, type Lockfile, productionTree } from './lockfile.ts'
import { rooms } from './rooms.ts'
import {
  fileSizeProblems,
  importsOf,
  isTest,
  longFunctions,
  packageProblems,
  patternProblems,
  patterns,
  pressProblems,
  roomProblems,
  type Source,
  wordProblems,
} from './rules.ts'

const root = join(import.meta.dirname, '../../../..')
const library = 'packages/demijohn/src'
const files = globSync(
  ['packages/*/{src,bin,test}/**/*.ts', 'press/**/*.ts', 'tools/*.ts', 'bench/**/*.ts'],
  {
    cwd: root,
    exclude: (path) => path.includes('node_modules'),
  },
).sort()
const sources: readonly Source[] = files.map((path) => ({
  path,
  text: readFileSync(join(root, path), 'utf8'),
}))
const shipped = sources.filter(({ path }) => /^(packages\/[a-z-]+\/(src|bin)|press)\//.test(path))

test('architecture: the sources were read', () => {
  assert.ok(shipped.filter(({ path }) => !isTest(path)).length > 100)
  for (const { name } of rooms) {
    const inside = shipped.filter(({ path }) => path.startsWith(`${library}/${name}/`))
    assert.ok(inside.length > 0, `${name} is in the table and not in the source`)
  }
})

test('architecture: every folder is a room of the table, with its reason', () => {
  const names = new Set(rooms.map(({ name }) => name))
  const foldersOf = (path: string) =>
    readdirSync(join(root, path), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const folders = [
    ...foldersOf(library)
      .map(({ name }) => name)
      .filter((name) => name !== 'defences'),
    ...foldersOf(`${library}/defences`).map(({ name }) => `defences/${name}`),
  ]
  assert.deepEqual(
    folders.filter((name) => !names.has(name)),
    [],
  )
  assert.equal(names.size, rooms.length)
  for (const { because } of rooms) assert.ok(because.length > 10)
})

const file = (path: string, text: string): Source => ({ path, text })
const inRoom = (path: string, text: string): Source => file(`${library}/${path}`, text)

/** Each rule over all sources, and over one line that breaks it and one that does not. */
const rules = [
  {
    name: 'a room imports only from its left',
    check: (source: Source) => roomProblems(source),
    breaks: [
      inRoom('core/x.ts', "import { a } from '../web/a.ts'"),
      inRoom('core/x.ts', "import type { A } from '../web/a.ts'"),
      inRoom('core/x.ts', "export { a } from '../web/a.ts'"),
      inRoom('core/x.ts', "const a = await import('../web/a.ts')"),
      inRoom('web/x.ts', "import { html } from '../html/template.ts'"),
      inRoom('watch/x.ts', "import { a } from '../pipeline/a.ts'"),
      inRoom('pipeline/x.ts', "import { a } from '../serve/a.ts'"),
      inRoom('pipeline/x.ts', "import { a } from '../index.ts'"),
      inRoom('pipeline/steps/x.ts', "import { a } from '../../../../../press/src/kit.ts'"),
      inRoom('defences/csrf/x.ts', "import { a } from '../sessions/a.ts'"),
      inRoom('nowhere/x.ts', ''),
    ],
    passes: [
      inRoom('web/x.ts', "import { a } from '../core/a.ts'"),
      inRoom('pipeline/x.ts', "import { a } from '../defences/csrf/a.ts'"),
      inRoom('core/x.ts', "// import { a } from '../web/a.ts'"),
    ],
  },
  {
    name: 'a room imports only the packages that it may',
    check: packageProblems,
    breaks: [
      inRoom('core/x.ts', "import { z } from 'zod'"),
      inRoom('serve/x.ts', "import { Hono } from 'hono'"),
      inRoom('web/x.ts', "import { sql } from 'kysely'"),
      inRoom('pipeline/x.ts', "import { pino } from 'pino'"),
      inRoom('pipeline/x.ts', "import { createServer } from 'node:http'"),
      inRoom('serve/x.ts', "import { spawn } from 'node:child_process'"),
      inRoom('pipeline/x.ts', "import fs from 'left-pad'"),
      file(`${library}/index.ts`, "export { Hono } from 'hono'"),
    ],
    passes: [
      inRoom('pipeline/x.ts', "import { RegExpRouter } from 'hono/router/reg-exp-router'"),
      inRoom('core/x.ts', "import { hash } from 'node:crypto'"),
      inRoom('serve/x.ts', "import { createServer } from 'node:http'"),
    ],
  },
  {
    name: 'Press knows the public entries alone',
    check: pressProblems,
    breaks: [
      file('press/src/x.ts', "import { a } from 'demijohn/src/core/a.ts'"),
      file('press/src/x.ts', "import { a } from '../../packages/demijohn/src/index.ts'"),
      file('press/src/x.ts', "import { testApp } from 'demijohn/testing'"),
    ],
    passes: [
      file('press/src/x.ts', "import { a } from 'demijohn'\nimport { b } from 'demijohn/accounts'"),
      file('press/src/x.test.ts', "import { testApp } from 'demijohn/testing'"),
    ],
  },
  {
    name: 'no code has what weakens it',
    check: patternProblems,
    breaks: [
      inRoom('core/x.ts', 'const a: any = 1'),
      inRoom('core/x.ts', 'const a = b as any'),
      inRoom('core/x.ts', 'const a: Map<string, any> = b'),
      inRoom('core/x.ts', 'const a: any[] = []'),
      inRoom('core/x.ts', 'const a = b!.c'),
      inRoom('core/x.ts', 'const a = b[0]!'),
      inRoom('core/x.ts', 'await fetch(address)'),
      inRoom('defences/openid/client.ts', 'await globalThis.fetch(address)'),
      inRoom('core/x.ts', 'eval(text)'),
      inRoom('core/x.ts', 'const run = new Function(text)'),
      inRoom('core/x.ts', 'const a = Math.random()'),
      inRoom('web/x.ts', 'const a = Date.now()'),
      inRoom('web/x.ts', 'const a = new Date()'),
      inRoom('core/clock.ts', 'const a = Math.random()'),
      inRoom('serve/x.ts', 'const a = process.env.HOME'),
      file('press/src/x.ts', 'const a = process.env'),
      inRoom('core/x.ts', '// @ts-ignore'),
      inRoom('core/x.ts', 'try { a() } catch {}'),
    ],
    passes: [
      inRoom('core/x.ts', '// any of these! eval(x)\nconst a = "as any"\nconst b = !c && d !== e'),
      inRoom('core/clock.ts', 'const a = Date.now()'),
      inRoom('core/x.ts', 'const a = new Date(now)'),
      file('press/src/main.ts', 'await start(project, process.env)'),
    ],
  },
  {
    name: 'no file has over 300 lines',
    check: fileSizeProblems,
    breaks: [inRoom('core/x.ts', 'a()\n'.repeat(301))],
    passes: [
      inRoom('core/x.ts', 'a()\n'.repeat(300)),
      inRoom('core/x.test.ts', 'a()\n'.repeat(999)),
    ],
  },
]
for (const { name, check, breaks, passes } of rules) {
  test(`architecture: ${name}`, () => assert.deepEqual(shipped.flatMap(check), []))
  test(`architecture: ${name}: what breaks it is found, what keeps it is not`, () => {
    for (const source of breaks) assert.equal(check(source).length, 1, source.text.slice(0, 99))
    for (const source of passes) assert.deepEqual(check(source), [], source.text.slice(0, 99))
  })
}

test('architecture: every pattern was shown to be found', () => {
  const samples = rules.flatMap(({ breaks }) => breaks).flatMap(patternProblems)
  for (const { what } of patterns) {
    assert.ok(
      samples.some((problem) => problem.endsWith(` has ${what}`)),
      what,
    )
  }
})

/** Files that come along with one, by `import` and `export … from` that run. */
function reachedFrom(path: string): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (one: string): void => {
    if (found.has(one)) return
    found.add(one)
    const source = sources.find((other) => other.path === one)
    if (source === undefined) return
    const text = source.text.replace(/^(?:import|export) type [^;]*?from '[^']*'$/gm, '')
    for (const name of importsOf({ path: one, text })) {
      visit(name.startsWith('.') ? posix.join(posix.dirname(one), name) : name)
    }
  }
  visit(path)
  return found
}

test('architecture: an optional peer comes with its own entry, and with no other', () => {
  const manifest = readFileSync(join(root, 'packages/demijohn/package.json'), 'utf8')
  const { exports: entries, peerDependencies } = JSON.parse(manifest)
  const own: Readonly<Record<string, string>> = {
    '@redis/client': './redis',
    'openid-client': './openid',
  }
  assert.deepEqual(Object.keys(own), Object.keys(peerDependencies))
  for (const [entry, file] of Object.entries<string>(entries)) {
    const reached = reachedFrom(posix.join('packages/demijohn', file))
    assert.ok(entry === './redis' || entry === './openid' || reached.size > 50, entry)
    for (const [peer, only] of Object.entries(own)) {
      assert.equal(reached.has(peer), entry === only, `${entry}: ${peer}`)
    }
  }
})

test('architecture: no word that belongs on a desk stands in any file', () => {
  assert.deepEqual(sources.flatMap(wordProblems), [])
  const desk = [
    `// TO${'DO'}: later`,
    `open('/ho${'me'}/x')`,
    `test.on${'ly'}('x')`,
    `debug${'ger'}`,
  ]
  for (const text of desk) assert.equal(wordProblems(file('x.ts', text)).length, 1, text)
  assert.deepEqual(wordProblems(file('x.ts', "open('/dev/null') // method, homework")), [])
})

/** Longer than 60 lines, and better left so. A function that has become short has to leave. */
const longOnes: Readonly<Record<string, string>> = {
  'packages/demijohn/src/defences/sentinel/sentinel.ts createSentinel':
    'one state, short functions',
  'packages/demijohn/src/pipeline/app.ts createHandling': 'one state, short functions',
  'packages/demijohn/src/testing/client.ts testClient': 'one state, short functions',
}
test('architecture: no function has over 60 lines, but for those with a reason', () => {
  assert.deepEqual(shipped.flatMap(longFunctions).sort(), Object.keys(longOnes).sort())
})
test('architecture: a long function is found, whatever its form', () => {
  const body = '  a()\n'.repeat(61)
  for (const text of [
    `function f() {\n${body}}\n`,
    `export async function f(\n  a: string,\n): Promise<void> {\n${body}}\n`,
    `export function f({\n  a,\n}: {\n  a: string\n}): void {\n${body}}\n`,
    `const f = (a: string): void => {\n${body}}\n`,
    `class A {\n  async f(a: string): Promise<void> {\n${body.replaceAll('  a', '    a')}  }\n}\n`,
  ]) {
    assert.deepEqual(longFunctions(file('x.ts', text)), ['x.ts f'], text.slice(0, 40))
  }
  const short = `function f() {\n${'  a()\n'.repeat(58)}}\n`
  assert.deepEqual(longFunctions(file('x.ts', short + short)), [])
})

const lock: Lockfile = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))

test('dependencies: the lockfile names no place to download from', () => {
  assert.ok(Object.keys(lock.packages).length > 20)
  assert.deepEqual(addressProblems(lock), [])
  for (const resolved of ['https://registry.example/a.tgz', 'git+ssh://git@host/a.git']) {
    assert.equal(addressProblems({ packages: { 'node_modules/a': { resolved } } }).length, 1)
  }
})

test('[asvs 15.2.4] dependencies: every package is held to its content', () => {
  assert.deepEqual(integrityProblems(lock), [])
  assert.equal(integrityProblems({ packages: { 'node_modules/a': {} } }).length, 1)
})

test('dependencies: what the library brings stays within 40 packages', () => {
  const tree = productionTree(lock, 'packages/demijohn')
  assert.ok(tree.includes('node_modules/kysely') && tree.includes('node_modules/pino'))
  assert.ok(tree.length <= 40, tree.join('\n'))
  const nested = productionTree(
    {
      packages: {
        a: { dependencies: { b: '1' } },
        'node_modules/b': { dependencies: { c: '1' }, optionalDependencies: { d: '1' } },
        'node_modules/b/node_modules/c': {},
        'node_modules/c': {},
        'node_modules/d': { dependencies: { b: '1' } },
      },
    },
    'a',
  )
  assert.deepEqual(nested, ['node_modules/b', 'node_modules/b/node_modules/c', 'node_modules/d'])
})
