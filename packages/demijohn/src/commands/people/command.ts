/** `npx demijohn people`: what an administrator does about people without a page. */
import type { Environment } from '../../secrets/settings.ts'
import type { Project } from '../../serve/application.ts'
import { openExisting } from '../database.ts'
import { readOptions } from '../terminal/options.ts'
import { note } from '../terminal/print.ts'
import {
  changeRole,
  endSessions,
  lastAdministratorOption,
  removeFactors,
  restore,
  suspend,
} from './changes.ts'
import { atDesk, type Desk, Undone } from './desk.ts'
import { helpOf, helpOfAll, type PeopleCommand, peopleHelp } from './help.ts'
import { add, resetLink } from './links.ts'
import { list } from './list.ts'

type Runs = (project: Project, environment: Environment) => Promise<void>

/** 0: done. 1: it cannot be done, and nothing was. 2: not understood. */
export async function peopleCommand(
  findProject: () => Promise<Project>,
  [name, ...words]: readonly string[],
  environment: Environment,
): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(helpOfAll())
    return 0
  }
  if (!isCommand(name)) {
    note(`demijohn people: there is no ${JSON.stringify(name)}\n${helpOfAll()}`)
    return 2
  }
  if (words.includes('--help') || words.includes('-h')) {
    process.stdout.write(helpOf(name))
    return 0
  }
  const understood = understand(name, words)
  if (typeof understood === 'string') {
    note(`demijohn people ${name}: ${understood}\n${helpOf(name)}`)
    return 2
  }
  try {
    await understood(await findProject(), environment)
    return 0
  } catch (error) {
    if (!(error instanceof Undone)) throw error
    note(`demijohn people ${name}: ${error.message}`)
    return 1
  }
}

function isCommand(name: string): name is PeopleCommand {
  return Object.hasOwn(peopleHelp, name)
}

/** What to run, or what is wrong with the words. */
function understand(name: PeopleCommand, words: readonly string[]): Runs | string {
  switch (name) {
    case 'list':
      return understandList(words)
    case 'add':
      return understandAdd(words)
    case 'role':
      return understandRole(words)
    case 'suspend':
      return understandSuspend(words)
    case 'restore':
      return understandAddress(words, restore)
    case 'reset-link':
      return understandAddress(words, resetLink)
    case 'remove-factors':
      return understandAddress(words, removeFactors)
    case 'end-sessions':
      return understandAddress(words, endSessions)
  }
}

function understandList(words: readonly string[]): Runs | string {
  const read = readOptions(words, {
    search: { type: 'string' },
    role: { type: 'string' },
    state: { type: 'string' },
    json: { type: 'boolean' },
  })
  if (typeof read === 'string') return read
  const { search, role, state, json = false } = read.values
  if (read.positionals.length > 0) return 'use --search for a part of a name or an address'
  if (state !== undefined && state !== 'active' && state !== 'suspended') {
    return '--state is active or suspended'
  }
  return async (project, environment) => {
    if (role !== undefined && !project.roles.names.includes(role)) {
      throw new Undone(
        `there is no role ${JSON.stringify(role)}: ${project.roles.names.join(', ')}`,
      )
    }
    const { db, close } = await openExisting(project, environment)
    await list(db, { search, role, state, json }).finally(close)
  }
}

function understandAdd(words: readonly string[]): Runs | string {
  const read = readOptions(words, { name: { type: 'string' }, role: { type: 'string' } })
  if (typeof read === 'string') return read
  const [address, ...more] = read.positionals
  const { name, role } = read.values
  if (address === undefined || more.length > 0) return 'name one address'
  if (name === undefined) return 'say what the person is called: --name "Ada Lovelace"'
  if (role === undefined) return 'say which role the person has: --role ROLE'
  return atTheDesk((desk) => add(desk, { address, name, role }))
}

function understandAddress(
  words: readonly string[],
  work: (desk: Desk, address: string) => Promise<void>,
): Runs | string {
  const read = readOptions(words, {})
  if (typeof read === 'string') return read
  const [address, ...more] = read.positionals
  if (address === undefined || more.length > 0) return 'name one address'
  return atTheDesk((desk) => work(desk, address))
}

const change = { [lastAdministratorOption]: { type: 'boolean' } } as const

function understandRole(words: readonly string[]): Runs | string {
  const read = readOptions(words, change)
  if (typeof read === 'string') return read
  const [address, role, ...more] = read.positionals
  if (address === undefined || role === undefined || more.length > 0) {
    return 'name one address and one role'
  }
  const evenTheLast = read.values[lastAdministratorOption] === true
  return atTheDesk((desk) => changeRole(desk, { address, role, evenTheLast }))
}

function understandSuspend(words: readonly string[]): Runs | string {
  const read = readOptions(words, change)
  if (typeof read === 'string') return read
  const [address, ...more] = read.positionals
  if (address === undefined || more.length > 0) return 'name one address'
  const evenTheLast = read.values[lastAdministratorOption] === true
  return atTheDesk((desk) => suspend(desk, { address, evenTheLast }))
}

function atTheDesk(work: (desk: Desk) => Promise<void>): Runs {
  return (project, environment) => atDesk(project, environment, work)
}
