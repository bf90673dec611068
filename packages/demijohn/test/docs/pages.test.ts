/** What every page of the documentation is held to: its links lead somewhere, what it names exists. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { test } from 'node:test'
import { pages, readPage, root } from './pages.ts'

/** Screenshots are made by hand, from a running site. */
const madeByHand = new Set(['docs/images/front-light.png', 'docs/images/post-dark-phone.png'])

function linksOf(text: string): readonly string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((found) => found[1] ?? '')
}

/** As the usual viewers of Markdown make them: lower case, punctuation gone, blanks as dashes. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map((found) => found[1] ?? '')
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

function linkProblem(page: string, link: string): string | undefined {
  if (/^https?:/.test(link)) return undefined
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : posix.join(posix.dirname(page), path)
  if (madeByHand.has(target)) return undefined
  if (!existsSync(join(root, target))) return `${page}: ${link} leads nowhere`
  if (anchor === undefined || anchorsOf(readPage(target)).has(anchor)) return undefined
  return `${page}: ${target} has no heading ${anchor}`
}

test('docs: every page that the project promises is there', () => {
  assert.ok(pages.length > 20, pages.join('\n'))
  const promised = ['README', 'ARCHITECTURE', 'SECURITY', 'CONTRIBUTING', 'CHANGELOG']
  for (const name of promised) assert.ok(pages.includes(`${name}.md`), name)
  assert.match(readFileSync(join(root, 'LICENSE'), 'utf8'), /^MIT License\n/)
})

test('docs: every link within the repository leads somewhere', () => {
  const problems = pages.flatMap((page) =>
    linksOf(readPage(page)).map((link) => linkProblem(page, link)),
  )
  assert.ok(problems.length > 30)
  assert.deepEqual(
    problems.filter((problem) => problem !== undefined),
    [],
  )
  assert.notEqual(linkProblem('README.md', 'docs/nowhere.md'), undefined)
  assert.notEqual(linkProblem('README.md', 'SECURITY.md#nowhere'), undefined)
  assert.equal(linkProblem('docs/errors.md', '../README.md#the-idea-in-thirty-lines'), undefined)
})

const sourcePath = /\b(?:packages|press|tools|bench)\/[\w./-]*\w\.\w+/g

test('docs: every file that is named by its path exists', () => {
  const named = pages.flatMap((page) =>
    [...readPage(page).matchAll(sourcePath)].map(([path]) => ({ page, path })),
  )
  assert.ok(named.length > 60)
  assert.deepEqual(
    named.filter(({ path }) => !existsSync(join(root, path))),
    [],
  )
})

test('docs: files of the library that are named by room and name exist', () => {
  const rooms = readdirSync(join(root, 'packages/demijohn/src'))
  const shape = new RegExp(`\`((?:${rooms.join('|')})/[\\w./-]+\\.ts)\``, 'g')
  const named = pages.flatMap((page) =>
    [...readPage(page).matchAll(shape)].map(([, path = '']) => path),
  )
  assert.ok(named.length > 20)
  assert.deepEqual(
    named.filter((path) => !existsSync(join(root, 'packages/demijohn/src', path))),
    [],
  )
})

/** Written in parts, so that nobody who looks for these finds this file. */
const deskWords = new RegExp(
  [
    `(?:^|[\\s"'(\`])/(?:wo${'rk'}|ho${'me'}|ro${'ot'}|Us${'ers'}|t${'mp'})/`,
    `registry\\.np${'m'}js|regis${'try'}\\.yarn|art${'ifactory'}|verdac${'cio'}`,
    `127\\.0\\.0\\.1:\\d|local${'host'}:(?!8080\\b)\\d`,
  ].join('|'),
  'm',
)

test('docs: no page mentions a path of a machine, a registry or a port of somebody', () => {
  for (const page of pages) assert.doesNotMatch(readPage(page), deskWords, page)
  for (const text of [
    `see /ho${'me'}/me/x`,
    `from registry.np${'m'}js.org`,
    'http://127.0.0.1:4873',
  ]) {
    assert.match(text, deskWords)
  }
})

const defences = pages.filter((page) => dirname(page) === 'docs/defences')

test('docs: each defence has its page, of the same parts, under a page long', () => {
  const folders = readdirSync(join(root, 'packages/demijohn/src/defences')).sort()
  assert.deepEqual(
    defences.map((page) => posix.basename(page, '.md')),
    [...folders, 'accounts', 'imported-passwords', 'mail', 'remember-me', 'templates'].sort(),
  )
  const parts = [
    'Attack',
    'Default',
    'How to weaken it',
    'Bounds',
    'What it does not stop',
    'Held by',
  ]
  for (const page of defences) {
    const text = readPage(page)
    for (const part of parts) {
      // Sessions put their bounds under what they bound.
      if (part === 'Bounds' && text.includes('**Times**')) continue
      assert.ok(text.includes(`**${part}.**`), `${page}: ${part}`)
    }
    assert.ok(text.split(/\s+/).length < 650, page)
  }
})

/** `3.4.1 to 3.4.3` is three of them. */
function requirementsOf(text: string): readonly string[] {
  return [...text.matchAll(/(\d+\.\d+)\.(\d+)(?: to \1\.(\d+))?/g)].flatMap((found) => {
    const [, part = '', first = '', last = first] = found
    const count = Number(last) - Number(first) + 1
    return Array.from({ length: count }, (_, at) => `${part}.${Number(first) + at}`)
  })
}

/** These ask for documentation, and the page itself is it. */
const documentation = /^(?:(?:6|7)\.1\.[1-3]|15\.1\.3)$/

test('docs: each requirement that a page lists is in the title of a test that it names', () => {
  assert.deepEqual(requirementsOf('3.4.1 to 3.4.3, 3.5.8.'), ['3.4.1', '3.4.2', '3.4.3', '3.5.8'])
  const problems: string[] = []
  for (const page of defences) {
    const text = readPage(page)
    const listed = requirementsOf(/\*\*ASVS 5\.0\.\*\* (.+)/.exec(text)?.[1] ?? '')
    assert.ok(listed.length > 2, page)
    const tests = [...text.matchAll(/`([\w/-]+(?:\.chromium)?\.test\.ts)`/g)]
    const sources = tests.map(([, path = '']) => readFileSync(join(root, path), 'utf8')).join('\n')
    const missing = listed.filter(
      (id) => !sources.includes(`[asvs ${id}]`) && !documentation.test(id),
    )
    problems.push(...missing.map((id) => `${page}: no test named there holds ${id}`))
    for (const id of listed.filter((one) => documentation.test(one) && one !== '7.1.2')) {
      const [first = ''] = id.split('.')
      assert.match(text, new RegExp(`ASVS ${first}\\.1\\.\\d`), `${page}: ${id}`)
    }
  }
  assert.deepEqual(problems, [])
})
