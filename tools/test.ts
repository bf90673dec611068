/**
 * `npm test`: everything. Brings what it needs (Debian's chromium, when it may), says what is missing
 * otherwise, and names what was skipped. With CI=true a skipped test is a failure.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attached, root, step } from './run.ts'

const chromium = '/usr/bin/chromium'

function bringChromium(): void {
  if (existsSync(chromium)) return
  const isRoot = process.getuid?.() === 0
  const hasApt = spawnSync('apt-get', ['--version']).status === 0
  if (!isRoot || !hasApt) {
    console.log(
      `! ${chromium} is missing: install Debian's package chromium. Browser tests are skipped.`,
    )
    return
  }
  step('apt-get update', 'apt-get', ['update', '-q'])
  step('apt-get install chromium', 'apt-get', [
    'install',
    '-y',
    '-q',
    '--no-install-recommends',
    'chromium',
  ])
}

bringChromium()
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
