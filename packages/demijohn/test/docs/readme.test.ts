/** What README.md shows and counts is true: its code runs, its numbers and commands are those of the code. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Project } from '../../src/serve/application.ts'
import { testApp } from '../../src/testing/site.ts'
import { productionTree } from '../architecture/lockfile.ts'
import { code, fenced, readPage, root, rows, section } from './pages.ts'

const readme = readPage('README.md')
const [idea = '', table = ''] = fenced(readme, 'ts')
const folder = mkdtempSync(join(tmpdir(), 'demijohn-readme-'))
after(() => rmSync(folder, { recursive: true }))
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
writeFileSync(join(folder, 'database.ts'), table)

function compile(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  const config = { extends: join(root, 'tsconfig.json'), include: [], files: [name] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const { stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'],
    { encoding: 'utf8', cwd: folder },
  )
  return stdout
}

test('readme: its code compiles', () => {
  assert.match(idea, /access: may\('note:edit'\)/)
  assert.ok(idea.split('\n').filter((line) => line !== '').length <= 32)
  assert.equal(compile('notes.ts', idea), '')
})

test('openid page: its code compiles, and an option that there is not does not', () => {
  const [shown = ''] = fenced(readPage('docs/defences/openid.md'), 'ts')
  const around = `import { defineRoles, html } from 'demijohn'
import type { Layout } from 'demijohn/accounts'
const roles = defineRoles({ admin: { may: ['all:manage'] } })
const layout: Layout = ({ main }) => html\`\${main}\`
const siteName = 'Press'
const administratorRole = 'admin'
`
  assert.match(shown, /openIdProvider\(\{/)
  assert.equal(compile('openid.ts', around + shown), '')
  const wrong = shown.replace('clientId:', 'redirectUri:')
  assert.match(compile('openid-wrong.ts', around + wrong), /redirectUri/)
})

test('readme: what its code says does not compile, does not', () => {
  const withoutLoad = idea.replace(/ {2}load: async[\s\S]*?\n {2}},\n/, '')
  assert.notEqual(withoutLoad, idea)
  assert.match(compile('without-load.ts', withoutLoad), /load/)
})

test('readme: its code runs, and does what the text says', async () => {
  writeFileSync(join(folder, 'run.ts'), idea)
  const module: { readonly project: Project } = await import(
    pathToFileURL(join(folder, 'run.ts')).href
  )
  const site = await testApp(module.project)
  try {
    const owner = await site.signInAs('member')
    const other = await site.signInAs('member')
    const noteId = '019b7ddc-2a00-7000-8000-000000000001'
    // The table is the snippet's own, which no type here knows.
    const { sql } = await import('kysely')
    await sql`insert into notes (id, ownerId, title) values (${noteId}, ${owner.accountId}, ${'<i>first</i>'})`.execute(
      site.db,
    )
    const path = `/notes/${noteId}`
    const shown = await owner.get(path)
    assert.equal(shown.status, 200)
    assert.match(shown.text, /<title>&lt;i&gt;first&lt;\/i&gt;<\/title>/)
    assert.equal((await other.get(path)).status, 403)
    assert.equal((await site.visitor().get(path)).status, 303)
    assert.equal((await owner.get('/notes/019b7ddc-2a00-7000-8000-000000000002')).status, 404)
    assert.equal((await owner.get('/notes/1')).status, 404)
    assert.equal((await owner.post(path, { title: 'x'.repeat(81) })).status, 422)
    assert.equal((await owner.post(path, { title: 'second' })).status, 303)
    assert.match((await owner.get(path)).text, /<title>second<\/title>/)
    const administrator = await site.signInAs('admin')
    assert.equal((await administrator.get(path)).status, 200)
  } finally {
    await site.close()
  }
})

test('readme: the number of packages is the one of the lockfile', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const counted = /production tree has (\d+) packages/.exec(readme)?.[1]
  assert.equal(Number(counted), productionTree(lock, 'packages/demijohn').length)
})

const commands = rows(section(readme, 'Commands')).map(([cell]) => code(cell))

test('readme: every npx command that it names exists, and none is left out', () => {
  const run = (...words: readonly string[]): string =>
    spawnSync(process.execPath, [join(root, 'packages/demijohn/bin/demijohn.ts'), ...words], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
      cwd: root,
    }).stdout
  const known = new Set([...run('help').matchAll(/npx demijohn [a-z]+/g)].map(([text]) => text))
  assert.ok(known.size >= 3)
  const named = commands.filter((command) => command.startsWith('npx '))
  assert.deepEqual([...named].sort(), [...known].sort())
  assert.match(run('key'), /^[A-Za-z0-9_-]{43}\n$/)
})

test('readme: every npm script that it names exists, and none is left out', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const named = commands
    .filter((command) => command.startsWith('npm '))
    .map((command) => command.split(' ').at(-1))
  assert.deepEqual(named.sort(), Object.keys(scripts).sort())
})

test('readme: the two commands and the address stand there as they are', () => {
  const [block = ''] = fenced(readme, 'sh')
  assert.match(block, /^npm ci && npm start .*http:\/\/localhost:8080/m)
  assert.match(block, /^npm ci && npm test /m)
})

test('readme: its settings are those that are read', () => {
  const source = readFileSync(join(root, 'packages/demijohn/src/serve/settings.ts'), 'utf8')
  const read = new Set([
    ...[...source.matchAll(/^ {2}([A-Z_]+): \w+\(/gm)].map((found) => found[1]),
    'NODE_ENV',
  ])
  const named = rows(section(readme, 'Configuration')).map(([cell]) => code(cell))
  assert.deepEqual([...named].sort(), [...read].sort())
})

test('readme: there is a place for figures', () => {
  assert.match(readme, /<!-- figures -->\n[\s\S]+\n<!-- \/figures -->/)
})
