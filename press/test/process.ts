/** Press as `npm start` runs it: a process of its own, on a port and a database of its own. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { findForms } from 'demijohn/testing'

const main = join(import.meta.dirname, '../src/main.ts')

export type Running = {
  readonly port: number
  /** What was printed until it listened. */
  readonly printed: string
  /** Ends it by that signal; how it ended, and all that it has written. */
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<Ending>
}

export type Ending = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

export async function startPress(databasePath: string): Promise<Running> {
  const port = await freePort()
  const env = { PATH: process.env.PATH, DATABASE: databasePath, PORT: String(port) }
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += stripVTControlCharacters(text)
    })
  }
  const ended = endingOf(child, () => output)
  await listening(child, () => output.includes(`http://localhost:${port}`), ended)
  return {
    port,
    printed: output,
    end: (signal) => {
      child.kill(signal)
      return ended
    },
  }
}

function endingOf(child: ChildProcess, output: () => string): Promise<Ending> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, output: output() }))
  })
}

/** The address stands in the first lines, and what follows it has come with it when it is there. */
function listening(
  child: ChildProcess,
  isThere: () => boolean,
  ended: Promise<Ending>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      if (isThere()) setTimeout(resolve, 50)
    })
    ended.then(({ output }) => reject(new Error(`Press has not started: ${output}`)), reject)
  })
}

export type Answer = {
  readonly status: number
  readonly location: string
  readonly text: string
}

/** A browser of few words: keeps cookies, fills in forms, says where it comes from. */
export class Browser {
  cookies = new Map<string, string>()
  readonly #port: number

  constructor(port: number, cookies?: ReadonlyMap<string, string>) {
    this.#port = port
    this.cookies = new Map(cookies)
  }

  get(path: string): Promise<Answer> {
    return this.#send('GET', path)
  }

  async token(path: string): Promise<string> {
    const { text, status } = await this.get(path)
    const forms = findForms(text, path).map(({ values }) => values.get('formToken'))
    const token = forms.find((one) => one !== undefined)
    assert.ok(token !== undefined, `${path} is ${status} and has no form`)
    return token
  }

  async post(path: string, values: Readonly<Record<string, string>>): Promise<Answer> {
    const formToken = values.formToken ?? (await this.token(path))
    return this.#send('POST', path, new URLSearchParams({ ...values, formToken }).toString())
  }

  #send(method: string, path: string, body?: string): Promise<Answer> {
    const host = `localhost:${this.#port}`
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ')
    const headers = {
      host,
      accept: 'text/html',
      'sec-fetch-site': 'same-origin',
      ...(cookie === '' ? {} : { cookie }),
      ...(body === undefined
        ? {}
        : { origin: `http://${host}`, 'content-type': 'application/x-www-form-urlencoded' }),
    }
    return new Promise((resolve, reject) => {
      const asked = request({ port: this.#port, host: '127.0.0.1', path, method, headers })
      asked.on('error', reject)
      asked.on('response', (reply) => {
        for (const line of reply.headers['set-cookie'] ?? []) this.#keep(line)
        let text = ''
        reply.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        reply.on('error', reject)
        reply.on('end', () => {
          const { location = '' } = reply.headers
          resolve({ status: reply.statusCode ?? 0, location, text })
        })
      })
      asked.end(body)
    })
  }

  #keep(line: string): void {
    const [pair = ''] = line.split(';')
    const [name = '', value = ''] = pair.split('=')
    if (/;\s*Max-Age=0/i.test(line)) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}
