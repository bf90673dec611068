/**
 * `npm run bench:flood`: does a flood of sign-ins starve everybody else? 200 tries a second for ten
 * seconds, each from a client of its own for an address of its own, so that neither limits nor the
 * throttle stop them and every one wants a hash; beside it an ordinary page, one request after the
 * other, from a process of its own, or the flood's own work would be in its times. Prints; asserts
 * nothing. Not pinned to cores: hashing may use what the machine has.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'

const triesPerSecond = 200
const seconds = 10
const page = '/posts/new'
const host = 'press.example'

type Ready = { readonly port: number; readonly tokens: readonly string[] }
type Answer = {
  readonly status: number
  readonly body: string
  readonly cookies: readonly string[]
  readonly milliseconds: number
}
type Asking = {
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly agent?: Agent
  /** Linux answers on, and sends from, all of 127.0.0.0/8. */
  readonly from?: string
}

function ask({ port, path, headers, body, agent, from }: Asking): Promise<Answer> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        ...{ port, path, host: '127.0.0.1' },
        method: body === undefined ? 'GET' : 'POST',
        headers: { host, 'sec-fetch-site': 'same-origin', ...headers },
        agent: agent ?? false,
        ...(from === undefined ? {} : { localAddress: from }),
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: text,
            cookies: response.headers['set-cookie'] ?? [],
            milliseconds: performance.now() - startedAt,
          }),
        )
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

/** A visitor's cookie and form token, good for every try: the flood is not about those. */
async function openForm(
  port: number,
): Promise<{ readonly cookie: string; readonly token: string }> {
  const { body, cookies } = await ask({ port, path: '/login', headers: {} })
  const token = /name="formToken" value="([^"]+)"/.exec(body)?.[1]
  if (token === undefined) throw new Error('the sign-in page has no form token')
  return { cookie: cookies.map((one) => one.split(';')[0]).join('; '), token }
}

/** Starts the tries on time, however slow the answers are, and gives the statuses of all. */
async function flood(port: number): Promise<ReadonlyMap<string, number>> {
  const { cookie, token } = await openForm(port)
  const outcomes = new Map<string, number>()
  const count = (outcome: string): void => {
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  const running: Promise<void>[] = []
  const startedAt = performance.now()
  for (let at = 0; at < triesPerSecond * seconds; at += 1) {
    const wait = startedAt + (at * 1000) / triesPerSecond - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    const fields = {
      formToken: token,
      email: `nobody-${at}@press.example`,
      password: `guess ${at}`,
    }
    const tried = ask({
      ...{ port, path: '/login', body: new URLSearchParams(fields).toString() },
      headers: {
        cookie,
        origin: `https://${host}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      from: `127.1.${at >> 8}.${at & 255}`,
    })
    running.push(
      tried.then(
        ({ status }) => count(String(status)),
        (error: NodeJS.ErrnoException) => count(error.code ?? 'failed'),
      ),
    )
  }
  await Promise.all(running)
  return outcomes
}

/** Asks for the page, again and again, and gives how long each answer took. */
async function visit({ port, tokens }: Ready, goesOn: () => boolean): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const headers = { cookie: `__Host-session=${tokens[0] ?? ''}` }
  const times: number[] = []
  while (goesOn()) {
    const { status, milliseconds } = await ask({ port, path: page, headers, agent })
    if (status !== 200) throw new Error(`the page answered ${status}`)
    times.push(milliseconds)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  agent.destroy()
  return times
}

function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

const line = (name: string, value: string): void =>
  console.log(`  ${name.padEnd(44)} ${styleText('bold', value)}`)

function describe(name: string, times: readonly number[]): void {
  const [half, most] = [quantile(times, 0.5), quantile(times, 0.99)]
  line(`${name} (${times.length} requests)`, `p50 ${half.toFixed(2)} ms, p99 ${most.toFixed(2)} ms`)
}

async function measure(ready: Ready): Promise<void> {
  const warmUntil = performance.now() + 2_000
  await visit(ready, () => performance.now() < warmUntil)
  const idleUntil = performance.now() + seconds * 1_000
  const idle = await visit(ready, () => performance.now() < idleUntil)
  const attacker = fork(import.meta.filename, ['flood', String(ready.port)])
  await once(attacker, 'message')
  const outcome = once(attacker, 'message')
  attacker.send('begin')
  const flooded = await visit(ready, () => attacker.connected)
  const [told]: (readonly [string, number])[][] = await outcome
  const outcomes = new Map(told)
  describe('the page, idle', idle)
  describe('the page, during the flood', flooded)
  const times = quantile(flooded, 0.99) / quantile(idle, 0.99)
  line('p99 during the flood against idle', `${times.toFixed(1)} times`)
  const all = [...outcomes.values()].reduce((sum, one) => sum + one, 0)
  for (const [outcome, count] of [...outcomes].sort()) {
    line(`tries answered ${outcome}`, `${count}  (${((100 * count) / all).toFixed(1)} %)`)
  }
}

async function run(): Promise<void> {
  console.log(
    styleText('bold', `\n${triesPerSecond} sign-ins a second for ${seconds} s, beside ${page}`),
  )
  console.log(
    styleText(
      'dim',
      `  ${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, Node ${process.version}`,
    ),
  )
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-flood-'))
  let child: ChildProcess | undefined
  try {
    const out = openSync(join(folder, 'server.log'), 'a')
    child = fork(join(import.meta.dirname, 'press.ts'), [folder, '1'], {
      stdio: ['ignore', out, 'inherit', 'ipc'],
    })
    const [ready]: Ready[] = await once(child, 'message')
    if (ready === undefined) throw new Error('the server did not start')
    await measure(ready)
  } finally {
    child?.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

const [role, port] = process.argv.slice(2)
if (role === 'flood') {
  process.send?.('ready')
  await once(process, 'message')
  const outcomes = await flood(Number(port))
  process.send?.([...outcomes], () => process.disconnect())
} else await run()
