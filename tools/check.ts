/** `npm run check`: format, lint, types and the unit tests. Under a minute, always green. */
import { globSync } from 'node:fs'
import { attached, root, step } from './run.ts'

step('format and lint', 'biome', ['ci', '--error-on-warnings', '.'])
step('types', 'tsc', ['-p', '.'])
const units = globSync('packages/*/src/**/*.test.ts', { cwd: root })
process.exitCode = attached(process.execPath, [
  '--test',
  '--test-concurrency=2',
  '--test-reporter=dot',
  ...units,
])
