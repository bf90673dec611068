/**
 * `npm test`: everything. Brings what it needs (Debian's chromium, redis-server and slowhttptest, when it may), says
 * what is missing otherwise, and names what was skipped. With CI=true a skipped test is a failure.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attached, root, step } from './run.ts'

const hasProgram = (name: string): boolean => spawnSync(name, ['--version']).status === 0

/** Programs that tests start, by the package of Debian that has them. */
const programs = [
  {
    name: 'chromium',
    isThere: () => existsSync('/usr/bin/chromium'),
    without: 'Browser tests are skipped.',
  },
  {
    name: 'redis-server',
    isThere: () => hasProgram('redis-server') || hasProgram('valkey-server'),
    without: 'Tests of limits that several processes share are skipped.',
  },
  {
    name: 'slowhttptest',
    isThere: () => spawnSync('slowhttptest', ['-h']).error === undefined,
    without: 'Tests of a thousand slow connections are skipped.',
  },
]

function bringPrograms(): void {
  const missing = programs.filter(({ isThere }) => !isThere())
  if (missing.length === 0) return
  const isRoot = process.getuid?.() === 0
  if (!isRoot || !hasProgram('apt-get')) {
    for (const { name, without } of missing) {
      console.log(`! ${name} is missing: install Debian's package ${name}. ${without}`)
    }
    return
  }
  step('apt-get update', 'apt-get', ['update', '-q'])
  for (const { name } of missing) {
    step(`apt-get install ${name}`, 'apt-get', [
      'install',
      '-y',
      '-q',
      '--no-install-recommends',
      name,
    ])
  }
}

bringPrograms()
step('format and lint', 'biome', ['ci', '--error-on-warnings', '.'])
step('types', 'tsc', ['-p', '.'])

const files = globSync(
  ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'press/**/*.test.ts'],
  {
    cwd: root,
    exclude: (name) => name.includes('node_modules'),
  },
).sort()
const report = join(mkdtempSync(join(tmpdir(), 'demijohn-test-')), 'report.tap')
const code = attached(process.execPath, [
  '--test',
  '--test-concurrency=2',
  '--test-reporter=spec',
  '--test-reporter-destination=stdout',
  '--test-reporter=tap',
  `--test-reporter-destination=${report}`,
  ...files,
])

const skipped = readFileSync(report, 'utf8')
  .split('\n')
  .filter((line) => /^\s*ok \d+ .*# (SKIP|TODO)/.test(line))
if (skipped.length > 0) {
  console.log(`\n! ${skipped.length} skipped:`)
  for (const line of skipped) console.log(`  ${line.trim().replace(/^ok \d+ - /, '')}`)
}
process.exitCode = code !== 0 || (process.env.CI === 'true' && skipped.length > 0) ? 1 : 0
