/** The program for the terminal, let in by a person in Chromium, and put out again by them. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { heading, press, signIn } from './accountSteps.ts'
import { temporaryFolder } from './harness.ts'
import { journey, pressInProduction } from './production.ts'

const stage = pressInProduction()
const program = join(import.meta.dirname, '../../cli/press.ts')

type Run = {
  readonly output: () => string
  readonly ended: Promise<number | null>
  readonly child: ChildProcess
}

/** Runs the program with a place of its own for what it holds. */
function run(sessionFile: string, args: readonly string[], input = ''): Run {
  const env = { PATH: process.env.PATH, PRESS_SESSION: sessionFile }
  const child = spawn(process.execPath, [program, ...args], { env })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += stripVTControlCharacters(text)
    })
  }
  child.stdin.end(input)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { output: () => output, ended, child }
}

async function until(isTrue: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (isTrue()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail(`${what} did not come`)
}

const codeIn = (text: string): string | undefined => /\b([A-Z]{4}-[A-Z]{4})\b/.exec(text)?.[1]

journey(
  stage,
  '[asvs 10.7.1] [asvs 10.4.9] a program is let in by its code, writes a post, and is put out in the browser',
  async ({ visit }) => {
    const { origin, mailbox } = stage()
    const nora = await stage().somebody('Nora', 'editor')
    const folder = await temporaryFolder()
    const file = join(folder.path, 'session.json')
    const before = run(file, ['me'])
    assert.equal(await before.ended, 1)
    assert.match(before.output(), /Nobody is signed in\nRun: press login/)

    const login = run(file, ['login', '--site', origin])
    await until(() => codeIn(login.output()) !== undefined, 'the code')
    const page = await visit()
    await signIn(page, nora)
    await page.goto('/device')
    await page.getByLabel('Code').fill(codeIn(login.output())?.toLowerCase() ?? '')
    await press(page, 'Continue')
    await heading(page, 'Connect Press for the terminal?')
    await press(page, 'Connect Press for the terminal')
    await heading(page, 'Press for the terminal is connected')
    assert.equal(await login.ended, 0, login.output())
    assert.equal(statSync(file).mode & 0o777, 0o600)
    await mailbox.next(nora.email, /^Press for the terminal may now use your account/)

    const me = run(file, ['me'])
    assert.equal(await me.ended, 0, me.output())
    assert.match(me.output(), new RegExp(`"name": "${nora.name}"`))
    const written = run(
      file,
      ['write', 'From a terminal', '--publish'],
      'Written without a browser.',
    )
    assert.equal(await written.ended, 0, written.output())
    await page.goto('/')
    assert.equal(await page.getByRole('link', { name: 'From a terminal' }).count(), 1)

    await page.goto('/account/tokens')
    await press(page, 'Revoke')
    const after = run(file, ['me'])
    assert.equal(await after.ended, 1)
    assert.match(after.output(), /The token is not valid here/)
    await folder.remove()
  },
)
