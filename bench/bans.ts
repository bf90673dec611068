/**
 * `npm run bench:bans`: what refusing a banned client costs, Press with a ban in place against
 * `node:http` writing the same 403, side by side. Prints; asserts nothing.
 */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite, systemClock } from 'demijohn'
import { migrate } from '../packages/demijohn/src/data/migrations.ts'
import type { DemijohnTables } from '../packages/demijohn/src/data/tables.ts'
import { memoryBanStore } from '../packages/demijohn/src/defences/sentinel/bans.ts'
import { createApplication, migrationSets } from '../packages/demijohn/src/serve/application.ts'
import { listen } from '../packages/demijohn/src/serve/listen.ts'
import { createLog } from '../packages/demijohn/src/watch/log.ts'
import { parseNetworks } from '../packages/demijohn/src/web/client.ts'
import { project } from '../press/src/project.ts'

const banned = '192.0.2.66'
const text = [
  ...['GET /posts HTTP/1.1', 'Host: press.example', 'Connection: keep-alive'],
  ...[`X-Forwarded-For: ${banned}`, 'User-Agent: Mozilla/5.0', 'Accept: */*', '', ''],
].join('\r\n')
const rounds = 7
const seconds = 2

async function press(): Promise<void> {
  const { db } = openSqlite<DemijohnTables>({ path: ':memory:' })
  await migrate(db, migrationSets(project), { clock: systemClock })
  const bans = memoryBanStore({ mostBans: 100_000, memoryMilliseconds: 1_000 })
  const from = Date.now()
  for (let client = 0; client < 50_000; client += 1) {
    const address = client === 0 ? banned : `100.64.${client >> 8}.${client & 255}`
    const evidence = { detector: 'operator', threat: '', counts: {} } as const
    bans.place({ client: address, from, until: from + 3_600_000, earlier: 0, evidence })
  }
  const app = createApplication(project, {
    ...{ db, clock: systemClock, log: createLog({ clock: systemClock }), sentinel: { bans } },
    origin: 'https://press.example',
    subkeys: () => [Buffer.from(crypto.getRandomValues(new Uint8Array(32)))],
    trustedProxies: parseNetworks(['127.0.0.0/8']),
  })
  const { address } = await listen(app, { host: '127.0.0.1', port: 0 })
  process.send?.(address.port)
}

function bare(headers: readonly string[], body: string): void {
  const bytes = Buffer.from(body)
  const all = [...headers, 'Content-Length', String(bytes.length)]
  const server = createServer((_request, response) => {
    response.writeHead(403, all)
    response.end(bytes)
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (typeof address === 'object' && address !== null) process.send?.(address.port)
  })
}

const [role = '', file = ''] = process.argv.slice(2)
if (role !== '') {
  process.on('message', () => process.send?.(process.cpuUsage()))
  process.on('disconnect', () => process.exit(0))
}
if (role === 'press') await press()
else if (role === 'bare') {
  const answer: { headers: string[]; body: string } = JSON.parse(file)
  bare(answer.headers, answer.body)
} else await compare()

async function start(...args: string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(import.meta.filename, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  if (isPinned()) spawnSync('taskset', ['-a', '-p', '-c', '0', String(child.pid)])
  const [port]: number[] = await once(child, 'message')
  return { child, port: port ?? 0 }
}

function isPinned(): boolean {
  return availableParallelism() >= 2 && spawnSync('taskset', ['--version']).status === 0
}

/** Processor time of a server so far, in microseconds: other work on the machine is not in it. */
async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu')
  const [used]: NodeJS.CpuUsage[] = await once(child, 'message')
  return used === undefined ? Number.NaN : used.user + used.system
}

type Load = { readonly answered: number; readonly perSecond: number }

async function load(port: number, requests: string, forSeconds: number): Promise<Load> {
  const own = [
    join(import.meta.dirname, 'load.ts'),
    String(port),
    '32',
    String(forSeconds),
    requests,
  ]
  const pin = isPinned() ? ['taskset', '-c', '1'] : []
  const [program = '', ...args] = [...pin, process.execPath, ...own]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  for await (const chunk of child.stdout) out += chunk
  return JSON.parse(out)
}

function fetchOnce(port: number): Promise<{ status: number; headers: string[]; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'press.example', 'x-forwarded-for': banned }
    request({ port, host: '127.0.0.1', path: '/posts', headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      const { statusCode: status = 0, rawHeaders } = response
      response.on('end', () => resolve({ status, headers: rawHeaders, body }))
    })
      .on('error', reject)
      .end()
  })
}

async function compare(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-sentinel-'))
  const requests = join(folder, 'requests.json')
  writeFileSync(requests, JSON.stringify([text]))
  const site = await start('press')
  const sample = await fetchOnce(site.port)
  if (sample.status !== 403) throw new Error(`a banned client was answered ${sample.status}`)
  const own = new Set(['date', 'connection', 'keep-alive', 'content-length'])
  const headers = sample.headers.flatMap((name, at) =>
    at % 2 === 0 && !own.has(name.toLowerCase()) ? [name, sample.headers[at + 1] ?? ''] : [],
  )
  const other = await start('bare', JSON.stringify({ headers, body: sample.body }))
  for (const server of [site, other]) await load(server.port, requests, 1)
  const speed: number[] = []
  const cpu: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const before = [await cpuOf(other.child), await cpuOf(site.child)] as const
    const b = await load(other.port, requests, seconds)
    const s = await load(site.port, requests, seconds)
    const bareCpu = ((await cpuOf(other.child)) - before[0]) / b.answered
    const siteCpu = ((await cpuOf(site.child)) - before[1]) / s.answered
    speed.push(s.perSecond / b.perSecond)
    cpu.push(bareCpu / siteCpu)
    console.log(`  ${siteCpu.toFixed(1)} and ${bareCpu.toFixed(1)} µs of processor time for each`)
  }
  const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[rounds >> 1]?.toFixed(2)
  console.log(`refusing a banned client, share of bare node:http: ${median(speed)}`)
  console.log(`  the same by processor time: ${median(cpu)}`)
  for (const { child } of [site, other]) child.kill()
  rmSync(folder, { recursive: true })
}
