import { styleText } from 'node:util'

export const help = `
  ${styleText('bold', 'npx demijohn routes')}             every route and who may enter, as a table
  ${styleText('bold', 'npx demijohn routes --json')}      the same as data
  ${styleText('bold', 'npx demijohn migrate')}            brings the database up to date
  ${styleText('bold', 'npx demijohn migrate --status')}   what is applied and what is not
  ${styleText('bold', 'npx demijohn migrate --down')}     takes the newest migration back
  ${styleText('bold', 'npx demijohn key')}                makes a key for KEYS

  The application is the module that package.json names: "demijohn": { "project": "src/project.ts" }.
`

/** For words that a command does not know. */
export function misunderstood(what: string): number {
  process.stderr.write(`demijohn: ${what}\n${help}`)
  return 2
}
