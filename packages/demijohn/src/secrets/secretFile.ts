import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs'

/**
 * Reads a setting or a key from a file, and refuses a secret that other users of the machine can
 * read (CWE-732, ASVS 13.3.2). Files under /run/secrets are made by the container's runtime with
 * modes that the application cannot choose, so they are believed.
 */

export type FileText =
  | { readonly text: string }
  /** Which rule failed, with a remedy; never the content. `missing`: there is no such file. */
  | { readonly problem: string; readonly missing: boolean }

const maxBytes = 64 * 1024

/** One newline at the end, which editors and `echo` add, is not part of the text. */
export function readSettingFile(path: string, kind: 'plain' | 'secret'): FileText {
  let descriptor: number
  try {
    // Not blocking: opening a named pipe would otherwise wait for its other end.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    const problem = `cannot be opened (${code}); check the path and who may read it`
    return { problem, missing: code === 'ENOENT' }
  }
  try {
    return readOpened(descriptor, path, kind)
  } finally {
    closeSync(descriptor)
  }
}

function readOpened(descriptor: number, path: string, kind: 'plain' | 'secret'): FileText {
  const status = fstatSync(descriptor)
  if (!status.isFile()) return problem('is not a plain file; name a file')
  if (status.size > maxBytes) return problem(`is larger than ${maxBytes} bytes`)
  if (kind === 'secret' && (status.mode & 0o077) !== 0 && !isRuntimeSecret(path)) {
    return problem('can be read by other users; run chmod 600 on it')
  }
  const bytes = Buffer.alloc(status.size)
  const length = readSync(descriptor, bytes, 0, status.size, 0)
  const text = readUtf8(bytes.subarray(0, length))
  return text === undefined ? problem('is not UTF-8 text') : { text: text.replace(/\r?\n$/, '') }
}

function problem(text: string): FileText {
  return { problem: text, missing: false }
}

function isRuntimeSecret(path: string): boolean {
  return realpathSync(path).startsWith('/run/secrets/')
}

function readUtf8(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined
}
