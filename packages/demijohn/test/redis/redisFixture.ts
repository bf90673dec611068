/** A real redis-server of the test's own: a free port, no file, ended by its process id. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const program = ['redis-server', 'valkey-server'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
)

/** Why tests that need a server are skipped; false where there is one. */
export const withoutRedis: string | false =
  program === undefined ? 'redis-server is not installed' : false

export type RedisServer = {
  readonly url: string
  /** Ends the process as a crash would, and waits until it is gone. */
  readonly stop: () => Promise<void>
  /** Starts it anew at the same port, empty. */
  readonly start: () => Promise<void>
  /** Stops the process from running, connections left open; and lets it go on. */
  readonly freeze: () => void
  readonly thaw: () => void
  readonly close: () => Promise<void>
}

export async function startRedis(): Promise<RedisServer> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-redis-'))
  let child: ChildProcess | undefined

  async function start(): Promise<void> {
    const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder }
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
    child = spawn(program ?? '', args, { stdio: 'ignore' })
    await answering(port)
  }

  async function stop(): Promise<void> {
    const running = child
    child = undefined
    if (running === undefined || running.exitCode !== null) return
    const gone = once(running, 'exit')
    running.kill('SIGKILL')
    await gone
  }

  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    stop,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    close: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

/** Until the port takes a connection and answers it. */
async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
      socket.once('data', () => resolve(true))
      socket.once('error', () => resolve(false))
      setTimeout(() => resolve(false), 500).unref()
      socket.once('data', () => socket.destroy())
    })
    if (answered) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('redis-server does not answer')
}

/** Until a client's first command gets through. */
export async function connected(shared: { readonly ping: () => Promise<void> }): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await shared.ping()
    } catch (error) {
      if (attempt > 200) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
