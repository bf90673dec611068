/** Runs a command in the foreground of the terminal, with the workspace's own Node on the path. */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'

export const root = join(import.meta.dirname, '..')

/** Says what runs, runs it, and ends the process with its code if it fails. */
export function step(title: string, command: string, args: readonly string[]): void {
  const startedAt = Date.now()
  process.stdout.write(`▸ ${title} … `)
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', env: environment() })
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  if (done.status === 0) {
    process.stdout.write(`ok (${seconds} s)\n`)
    return
  }
  process.stdout.write(`failed (${seconds} s)\n\n${done.stdout}${done.stderr}\n`)
  process.exit(done.status ?? 1)
}

/** Runs with the terminal attached; gives the exit code. */
export function attached(command: string, args: readonly string[]): number {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: environment() })
  return done.status ?? 1
}

function environment(): NodeJS.ProcessEnv {
  // What a test starts must be the Node that runs this file, not the one of the machine.
  const path = [dirname(process.execPath), join(root, 'node_modules/.bin'), process.env.PATH ?? '']
  return { ...process.env, PATH: path.join(':') }
}
