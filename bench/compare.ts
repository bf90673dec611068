/**
 * Two servers side by side in one run: Press, and bare `node:http` writing the same headers and bytes.
 * One core for the server and one for the load, where the machine has taskset and two cores.
 */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'

export const folder = mkdtempSync(join(tmpdir(), 'demijohn-bench-'))
const here = import.meta.dirname
const rounds = 7
const seconds = 2
const connections = 32
const pinned = availableParallelism() >= 2 && spawnSync('taskset', ['--version']).status === 0
const children: ChildProcess[] = []

/** On what this is measured. */
export function machine(): string {
  const cores = `${availableParallelism()} cores${pinned ? ', one for the server and one for the load' : ', not pinned'}`
  return `${cpus()[0]?.model ?? 'unknown'}, ${cores}, Node ${process.version}, ${rounds} rounds of ${seconds} s each`
}

/** Ends the servers, and takes the folder away. */
export function cleanUp(): void {
  for (const child of children) child.kill()
  rmSync(folder, { recursive: true, force: true })
}

/** A server in a process of its own on core 0; gives the first message it sends. */
export async function server<T>(
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

export async function load(
  port: number,
  requests: readonly string[],
  forSeconds: number,
): Promise<Load> {
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

export type Sample = {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: string
}

export function fetchOnce(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Sample> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path, agent: false }
    request({ ...options, headers: { host: 'press.example', ...headers } }, (response) => {
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

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
export const line = (name: string, value: string): void =>
  console.log(`  ${name.padEnd(58)} ${styleText('bold', value)}`)

const own = new Set(['date', 'connection', 'keep-alive', 'content-length'])

/**
 * Asks both in turn and prints the shares. `sample` is an answer of Press, which bare `node:http` is made
 * to give; `requests` are sent one after the other as they stand.
 */
export async function compareWithBare(
  name: string,
  press: { readonly child: ChildProcess; readonly port: number },
  { sample, requests }: { readonly sample: Sample; readonly requests: readonly string[] },
): Promise<void> {
  if (sample.status !== 200) throw new Error(`${name}: the answer was ${sample.status}`)
  const headers = sample.headers.flatMap((header, at) =>
    at % 2 === 0 && !own.has(header.toLowerCase()) ? [header, sample.headers[at + 1] ?? ''] : [],
  )
  const file = join(folder, 'answer.json')
  writeFileSync(file, JSON.stringify({ headers, body: sample.body }))
  const bare = await server<{ readonly port: number }>('bare.ts', [file])
  await load(press.port, requests, 2)
  await load(bare.ready.port, requests, 2)
  const ratios: number[] = []
  const cpuRatios: number[] = []
  const added: number[] = []
  const speeds: { press: number[]; bare: number[] } = { press: [], bare: [] }
  for (let round = 0; round < rounds; round += 1) {
    process.stdout.write(`\r  round ${round + 1} of ${rounds}`)
    const before = [await cpuOf(bare.child), await cpuOf(press.child)] as const
    const b = await load(bare.ready.port, requests, seconds)
    const p = await load(press.port, requests, seconds)
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
  const spread = (values: readonly number[]): string =>
    `${median(values).toFixed(2)}  (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`
  line(`${name}: share of bare node:http`, spread(ratios))
  line(
    '  requests a second, Press and bare',
    `${Math.round(median(speeds.press))} and ${Math.round(median(speeds.bare))}`,
  )
  line('  the same by processor time', spread(cpuRatios))
  line(
    '  what the whole stack adds to a request',
    `${median(added).toFixed(1)} µs of processor time`,
  )
  bare.child.kill()
}
