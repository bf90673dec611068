/**
 * What the compiler says to the person who made one of the mistakes: it has to name the remedy, or
 * at least what is wrong and where. The file of mistakes is compiled once more without the comments
 * that expect them.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../../../..')
const expected: Readonly<Record<string, RegExp>> = {
  'no access': /Property 'access' is missing/,
  'no access on a form': /Property 'access' is missing/,
  'no access on an action': /Property 'access' is missing/,
  'an answer that leaves the site': /"elsewhere".*not assignable/,
  'a permission no role has': /"post:burn".*not assignable.*post:read.*post:write.*post:edit/,
  'a permission with its own on it': /"post:edit:own".*not assignable/,
  'asking about a permission no role has': /"post:burn".*not assignable/,
  'an own permission without load': /held as :own .*give the route a `load`/,
  'an own permission without load on a form': /held as :own .*give the route a `load`/,
  'an own permission without load on an action': /held as :own .*give the route a `load`/,
  'an own permission with a load without ownerId': /a `load` that returns an ownerId/,
  'a path parameter without a schema':
    /Property 'params' is missing.*ParamSchemas<"\/posts\/:postId/,
  'a schema under another name than the path parameter': /Property 'postId' is missing/,
  'the name of a person where anyone may enter': /'user' is possibly 'null'/,
  'a limit in other words': /"30 an hour".*\$\{number\} per hour/,
  'a limit without a number': /"often per day".*\$\{number\} per day/,
  'freshness in other words': /"a while".*not assignable to parameter of type 'Duration'/,
  'an own permission without load, asked for freshly': /held as :own .*give the route a `load`/,
  'a raw string to redirect': /'string' is not assignable to parameter of type 'PathText'/,
  'an address elsewhere to redirect': /not assignable to parameter of type 'PathText'/,
  'a raw string as the answer': /'string' is not assignable.*Answer/,
  'a raw string placed as markup': /not assignable to parameter of type 'Html'/,
  'a template that is put together from strings': /TemplateStringsArray/,
  'writing in a GET handler': /'deleteFrom' does not exist on type 'Reader</,
  'writing while loading': /'deleteFrom' does not exist on type 'Reader</,
  'signing out in a GET handler': /'session' does not exist/,
  'a field that was not declared': /'body' does not exist on type 'Values</,
  'an error for a field that was not declared': /'body' does not exist in type 'FieldErrors</,
  'a role that inherits from none': /"viewer".*not assignable/,
  'a grant that is none': /"everything".*not assignable.*\$\{string\}:\$\{string\}/,
  'no access on a route for programs': /Property 'access' is missing/,
  'nothing said of what is returned': /Property 'returns' is missing/,
  'an answer that lacks what returns names':
    /'\{ name: string; \}' is not assignable to type 'Answered<ZodObject<\{ id: ZodString/,
  'an answer where nothing is returned':
    /'\{ id: string; \}' is not assignable to type 'Answered<Nothing>'/,
  'an own permission without load on a route for programs':
    /held as :own .*give the route a `load`/,
  'a body that was not declared': /'title' does not exist on type 'never'/,
  'writing in a GET for programs': /'deleteFrom' does not exist on type 'Reader</,
  'an API that does not say who may read about it': /Property 'documentation' is missing/,
}

/** What is said about each mistake, by its name. */
function complaints(): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-types-'))
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    copyFileSync(join(import.meta.dirname, 'fixture.ts'), join(folder, 'fixture.ts'))
    const source = readFileSync(join(import.meta.dirname, 'mistakes.ts'), 'utf8')
    // An empty comment keeps the number of lines.
    const bare = source.replaceAll('// @ts-expect-error', '//')
    writeFileSync(join(folder, 'mistakes.ts'), bare)
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    const config = { extends: join(root, 'tsconfig.json'), include: [], files: ['mistakes.ts'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const { stdout } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'],
      { encoding: 'utf8', cwd: folder },
    )
    return byMistake(bare.split('\n'), stdout)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function byMistake(source: readonly string[], output: string): ReadonlyMap<string, string> {
  const said = new Map<string, string>()
  let current = ''
  for (const line of output.split('\n')) {
    const at = /^mistakes\.ts\((\d+),\d+\): /.exec(line)
    if (at !== null) {
      const before = source.slice(0, Number(at[1]))
      current = before.findLast((one) => one.startsWith('// mistake: '))?.slice(12) ?? ''
    }
    if (at !== null || line.startsWith(' ')) said.set(current, `${said.get(current) ?? ''} ${line}`)
    else if (line !== '') said.set('elsewhere', line)
  }
  return said
}

const said = complaints()

test('types: every mistake is refused, and nothing else is', () => {
  assert.deepEqual([...said.keys()], Object.keys(expected))
})

for (const [mistake, remedy] of Object.entries(expected)) {
  test(`types: the compiler explains ${mistake}`, () => {
    assert.match(said.get(mistake) ?? '', remedy)
  })
}
