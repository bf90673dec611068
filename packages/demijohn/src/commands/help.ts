import { styleText } from 'node:util'

/** Commands, and what they do: short enough for 80 columns. */
const rows = [
  ['npx demijohn routes', 'every route and who may enter; --json as data'],
  ['npx demijohn openapi', 'the OpenAPI 3.1 document of an API'],
  ['npx demijohn migrate', 'brings the database up to date; --status shows how far'],
  ['', 'it is, --down takes the newest migration back'],
  ['npx demijohn key', 'makes a key for KEYS'],
  ['npx demijohn keys', 'what access tokens are signed with; rotate, list'],
  ['npx demijohn people', 'adds and lists people; role, suspension, sessions,'],
  ['', 'links by which they choose a password'],
  ['npx demijohn bans', 'who is kept out and why; lets them in again'],
  ['npx demijohn import', 'takes people over from another system, with passwords'],
] as const

export const help = `
${rows.map(([command, what]) => `  ${styleText('bold', command.padEnd(22))}${what}`).join('\n')}

  --help behind keys, people, bans or import says more.

  The application is the module that package.json names:
  "demijohn": { "project": "src/project.ts" }.
`

/** For words that a command does not know. */
export function misunderstood(what: string): number {
  process.stderr.write(`demijohn: ${what}\n${help}`)
  return 2
}
