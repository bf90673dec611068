/** Writing for people and for pipes. */

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Notes beside the result: on standard error, so that a pipe gets the result alone. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Columns of the terminal that standard output goes to; undefined where it goes elsewhere. */
export function screenColumns(): number | undefined {
  return process.stdout.isTTY ? Math.max(40, process.stdout.columns) : undefined
}

/** `| head` closes the pipe early: the rest of the output is then nobody's, and no fault. */
export function tolerateClosedPipe(): void {
  if (process.stdout.listeners('error').includes(dropClosedPipe)) return
  process.stdout.on('error', dropClosedPipe)
}

function dropClosedPipe(error: Error): void {
  if (!('code' in error) || error.code !== 'EPIPE') throw error
}
