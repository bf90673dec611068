/** `npx demijohn bans`: who is kept out, and letting them in again. */
import { systemClock } from '../../core/clock.ts'
import type { Environment } from '../../secrets/settings.ts'
import type { Project } from '../../serve/application.ts'
import { loopback } from '../../serve/connections.ts'
import { isWithin, parseClient } from '../../web/client.ts'
import { readOptions } from '../terminal/options.ts'
import { note, print } from '../terminal/print.ts'
import { atBanDesk, type BanDesk } from './desk.ts'
import { type BansCommand, bansHelp, helpOf, helpOfAll } from './help.ts'
import { showBans } from './list.ts'

/** Gives whether it was done. */
type Work = (desk: BanDesk) => Promise<boolean>

/** 0: done. 1: it cannot be done, and nothing was. 2: not understood. */
export async function bansCommand(
  findProject: () => Promise<Project>,
  [name, ...words]: readonly string[],
  environment: Environment,
): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(helpOfAll())
    return 0
  }
  if (!isCommand(name)) {
    note(`demijohn bans: there is no ${JSON.stringify(name)}\n${helpOfAll()}`)
    return 2
  }
  if (words.includes('--help') || words.includes('-h')) {
    process.stdout.write(helpOf(name))
    return 0
  }
  const work = understand(name, words)
  if (typeof work === 'string') {
    note(`demijohn bans ${name}: ${work}\n${helpOf(name)}`)
    return 2
  }
  let isDone = false
  await atBanDesk(await findProject(), environment, async (desk) => {
    isDone = await work(desk)
  })
  return isDone ? 0 : 1
}

function isCommand(name: string): name is BansCommand {
  return Object.hasOwn(bansHelp, name)
}

/** What to do, or what is wrong with the words. */
function understand(name: BansCommand, words: readonly string[]): Work | string {
  switch (name) {
    case 'list':
      return understandList(words)
    case 'lift':
      return understandLift(words)
    case 'add':
      return understandAdd(words)
  }
}

function understandList(words: readonly string[]): Work | string {
  const read = readOptions(words, { json: { type: 'boolean' } })
  if (typeof read === 'string') return read
  if (read.positionals.length > 0) return 'it takes no names; use grep, or --json and jq'
  const { json = false } = read.values
  return async ({ bans }) => {
    showBans(await bans.list(systemClock.now()), { json })
    return true
  }
}

function understandLift(words: readonly string[]): Work | string {
  const read = readOptions(words, {})
  if (typeof read === 'string') return read
  const client = clientOf(read.positionals)
  if (client === undefined) return 'name one address, or the /64 of one'
  return async ({ bans, record }) => {
    record.events('authz_change', [{ ban: 'lifted', client }])
    if (await bans.lift(client)) {
      print(`${client} is let in again.`)
      return true
    }
    note(`${client} is not banned, and was not within the last day.`)
    return false
  }
}

const mostHours = 168

function understandAdd(words: readonly string[]): Work | string {
  const read = readOptions(words, { hours: { type: 'string' } })
  if (typeof read === 'string') return read
  const client = clientOf(read.positionals)
  if (client === undefined) return 'name one address'
  // The sentinel never refuses this machine, so a ban of it would only seem to hold.
  const [name = ''] = read.positionals
  if (isWithin(name, loopback)) return `${name} is this machine, which is never kept out`
  const hours = /^[1-9]\d{0,2}$/.test(read.values.hours ?? '') ? Number(read.values.hours) : 0
  if (hours < 1 || hours > mostHours) return `say for how long: --hours, from 1 to ${mostHours}`
  return async ({ bans, record }) => {
    await bans.sync()
    const from = systemClock.now()
    const until = from + hours * 3_600_000
    const evidence = { detector: 'operator', threat: '', counts: {} }
    record.events('authz_change', [{ ban: 'placed', client, until }])
    await bans.place({ client, from, until, earlier: bans.earlier(client, from), evidence })
    print(`${client} is kept out until ${new Date(until).toISOString()}.`)
    return true
  }
}

function clientOf(names: readonly string[]): string | undefined {
  const [name = '', ...more] = names
  return more.length > 0 ? undefined : parseClient(name)
}
