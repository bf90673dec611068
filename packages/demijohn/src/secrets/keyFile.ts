import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Random, randomSecret, systemRandom } from '../core/bytes.ts'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { type Keyring, parseKeyring } from './keyring.ts'
import { readSettingFile } from './secretFile.ts'

/**
 * The keyring of a development machine: made at the first start, kept for the next ones.
 *
 * The file is written whole under another name, 0600 and O_EXCL, and then linked to its own, which
 * fails where it exists: of two processes that start at once both read the same key, and neither
 * ever sees half of one. A file that others can read is refused (CWE-732). Not for production,
 * where keys come from outside and outlive the machine.
 */
export function loadOrCreateKeyFile(path: string, random: Random = systemRandom): Keyring {
  const found = readSettingFile(path, 'secret')
  if ('text' in found) return parseFile(path, found.text)
  if (!found.missing) throw new Misconfiguration([`The key file ${path} ${found.problem}.`])
  createKeyFile(path, random)
  const made = readSettingFile(path, 'secret')
  if ('text' in made) return parseFile(path, made.text)
  throw new Misconfiguration([`The key file ${path} ${made.problem}.`])
}

function parseFile(path: string, text: string): Keyring {
  try {
    return parseKeyring(text)
  } catch (error) {
    if (!(error instanceof Misconfiguration)) throw error
    throw new Misconfiguration(error.problems.map((problem) => `The key file ${path}: ${problem}`))
  }
}

function createKeyFile(path: string, random: Random): void {
  const draft = `${path}.${random(8).toString('hex')}.draft`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeDurably(draft, `${randomSecret(random)}\n`)
    linkSync(draft, path)
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return
    throw new Misconfiguration([
      `The key file ${path} cannot be made (${errorCode(error)}). Give the folder to the user that runs this process, or choose another path.`,
    ])
  } finally {
    rmSync(draft, { force: true })
  }
}

function writeDurably(path: string, text: string): void {
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
