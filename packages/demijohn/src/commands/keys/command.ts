/**
 * `npx demijohn keys`: the signing keys of access tokens, listed and rotated.
 *
 * A rotation and its line in the log stand or fall together, as with people. No key leaves this
 * process: what is printed are names and times.
 */
import { systemRandom } from '../../core/bytes.ts'
import { systemClock } from '../../core/clock.ts'
import { createRevisedStore } from '../../data/revision.ts'
import {
  type KeyDeps,
  type Rotation,
  readKeys,
  rotateSigningKey,
} from '../../defences/tokens/store/keys.ts'
import type { Environment } from '../../secrets/settings.ts'
import type { Project } from '../../serve/application.ts'
import { sealedWith } from '../../serve/sealed.ts'
import { commandKeyring } from '../../serve/settings.ts'
import { tokenSettingsOf } from '../../serve/tokens.ts'
import { openExisting } from '../database.ts'
import { openRecord } from '../record.ts'
import { readOptions } from '../terminal/options.ts'
import { note, print } from '../terminal/print.ts'
import { keysHelp } from './help.ts'
import { list } from './list.ts'

const publishMilliseconds = 10 * 60_000

/** 0: done. 1: it cannot be done, and nothing was. 2: not understood. */
export async function keysCommand(
  findProject: () => Promise<Project>,
  [name, ...words]: readonly string[],
  environment: Environment,
): Promise<number> {
  const asksHelp = [name, ...words].some((word) => word === '--help' || word === '-h')
  if (name === undefined || asksHelp) {
    process.stdout.write(keysHelp)
    return 0
  }
  const understood = understand(name, words)
  if (typeof understood === 'string') {
    note(`demijohn keys: ${understood}\n${keysHelp}`)
    return 2
  }
  const project = await findProject()
  if (tokenSettingsOf(project) === undefined) {
    note('demijohn keys: this project makes no tokens; mount tokens(…) from demijohn/tokens')
    return 1
  }
  await understood(project, environment)
  return 0
}

type Runs = (project: Project, environment: Environment) => Promise<void>

function understand(name: string, words: readonly string[]): Runs | string {
  if (name === 'list') {
    const read = readOptions(words, { json: { type: 'boolean' } })
    if (typeof read === 'string') return read
    if (read.positionals.length > 0) return 'list takes --json or nothing'
    return (project, environment) => listKeys(project, environment, read.values.json === true)
  }
  if (name !== 'rotate') return `there is no ${JSON.stringify(name)}`
  const read = readOptions(words, { now: { type: 'boolean' }, 'distrust-old': { type: 'boolean' } })
  if (typeof read === 'string') return read
  if (read.positionals.length > 0) return 'rotate takes --now, --distrust-old or nothing'
  const { now = false, 'distrust-old': distrust = false } = read.values
  const how: Rotation = {
    publishMilliseconds: now || distrust ? 0 : publishMilliseconds,
    old: distrust ? 'is distrusted at once' : 'verifies for an hour',
  }
  return (project, environment) => rotate(project, environment, how)
}

async function listKeys(project: Project, environment: Environment, json: boolean): Promise<void> {
  const { db, close } = await openExisting(project, environment)
  try {
    list(await readKeys(db), { now: systemClock.now(), json })
  } finally {
    await close()
  }
}

async function rotate(project: Project, environment: Environment, how: Rotation): Promise<void> {
  const keyring = commandKeyring(project.name, environment)
  const { db, path, close } = await openExisting(project, environment)
  try {
    const record = openRecord(path)
    const deps: KeyDeps = {
      ...{ db, clock: systemClock, random: systemRandom },
      revised: createRevisedStore({ db, clock: systemClock }),
      sealed: sealedWith((purpose) => keyring.subkeys(purpose), systemRandom),
      algorithm: tokenSettingsOf(project)?.options.algorithm ?? 'EdDSA',
    }
    const row = await rotateSigningKey(deps, how, async (_, { id, algorithm }) => {
      const { old } = how
      record.events('authn_token_created', [{ what: 'signing key', keyId: id, algorithm, old }])
    }).finally(record.close)
    print(`The new key ${row.id} (${row.algorithm}) ${begins(how)}.`)
    print(
      how.old === 'is distrusted at once'
        ? 'What older keys have signed opens nothing any more; apps refresh their tokens.'
        : 'Older keys verify what they have signed until it is over.',
    )
  } finally {
    await close()
  }
}

function begins({ publishMilliseconds: wait }: Rotation): string {
  return wait === 0
    ? 'is published, and signs from now on'
    : `is published, and signs in ${wait / 60_000} minutes`
}
