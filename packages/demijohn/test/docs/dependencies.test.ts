/** docs/dependencies.md and package-lock.json say the same, read from either side. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { productionTree } from '../architecture/lockfile.ts'
import { code, codes, readPage, root, rows, section } from './pages.ts'

type Entry = {
  readonly license?: string
  readonly link?: boolean
  readonly optional?: boolean
  readonly hasInstallScript?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}
const lock: { readonly packages: Readonly<Record<string, Entry>> } = JSON.parse(
  readFileSync(join(root, 'package-lock.json'), 'utf8'),
)
const page = readPage('docs/dependencies.md')

const library = productionTree(lock, 'packages/demijohn')
const press = productionTree(lock, 'press').filter(
  (path) => !library.includes(path) && path !== 'node_modules/demijohn',
)
const installed = Object.entries(lock.packages)
  .filter(([path, entry]) => path.includes('node_modules/') && entry.link !== true)
  .map(([path]) => path)
const isOptional = (path: string): boolean => lock.packages[path]?.optional === true
const development = installed.filter(
  (path) => !library.includes(path) && !press.includes(path) && !isOptional(path),
)

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

const groups = [
  { heading: 'Of the library', paths: library, columns: 6 },
  { heading: 'Of Press beside the library', paths: press, columns: 6 },
  { heading: 'For development alone', paths: development, columns: 5 },
] as const

for (const { heading, paths, columns } of groups) {
  const documented = rows(section(page, heading))

  test(`dependencies: ${heading}: every package has its line, and no other has one`, () => {
    assert.ok(paths.length > 5)
    assert.deepEqual(documented.map(([name]) => code(name)).sort(), paths.map(nameOf).sort())
  })

  test(`dependencies: ${heading}: licences and what is pulled in are those of the lockfile`, () => {
    for (const path of paths) {
      const row = documented.find(([name]) => code(name) === nameOf(path))
      const entry = lock.packages[path]
      assert.equal(row?.[1], entry?.license, path)
      assert.deepEqual(codes(row?.[3]).toSorted(), Object.keys(entry?.dependencies ?? {}).sort())
    }
  })

  test(`dependencies: ${heading}: every column is filled in, but for what is pulled in`, () => {
    for (const row of documented) {
      assert.equal(row.length, columns, row[0])
      for (const [at, cell] of row.entries()) assert.ok(at === 3 || cell !== '', row[0])
    }
  })
}

test('dependencies: the licences are those of the packages themselves', () => {
  for (const path of [...library, ...press, ...development]) {
    const { license } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'))
    assert.equal(license, lock.packages[path]?.license, path)
  }
})

test('dependencies: the numbers in the text are those of the lockfile', () => {
  for (const { heading, paths } of groups.slice(0, 2)) {
    assert.match(section(page, heading), new RegExp(`^${paths.length} packages`, 'm'))
  }
})

test('dependencies: optional packages are the binaries that the page names', () => {
  const shapes = [...page.matchAll(/`(@[\w/-]+)\*`/g)].map((found) => found[1] ?? '')
  assert.ok(shapes.length > 0)
  const optional = installed.filter(isOptional).map(nameOf)
  assert.deepEqual(
    optional.filter((name) => !shapes.some((shape) => name.startsWith(shape))),
    [],
  )
  for (const shape of shapes)
    assert.ok(
      optional.some((name) => name.startsWith(shape)),
      shape,
    )
})

test('dependencies: install scripts are those that the page names', () => {
  const scripted = installed.filter((path) => lock.packages[path]?.hasInstallScript === true)
  assert.deepEqual(scripted.map(nameOf), ['node'])
  assert.match(page, /`node` is the only package with an install script/)
})
