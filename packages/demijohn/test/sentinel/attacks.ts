/** Attacks, each ten minutes of it, from minute twenty of the ordinary hour. */
import type { RefusalCode } from '../../src/core/refusals.ts'
import { type Dice, dice } from './dice.ts'
import { type Act, missing, startOfHour, type Visit } from './world.ts'

export type Attack = {
  readonly name: string
  /** OWASP Automated Threats. */
  readonly threat: string
  readonly perSecond: number
  readonly addresses: number
  readonly answers: Visit['answers']
  readonly act: (number: number, chance: Dice) => Act
}

export const beginsAt = startOfHour + 20 * 60_000
const lasts = 10 * 60_000

export function attackVisits(attack: Attack, seed: number): readonly Visit[] {
  const chance = dice(seed)
  const gap = 1_000 / attack.perSecond
  return Array.from({ length: Math.floor(lasts / gap) }, (_, number) => ({
    at: beginsAt + number * gap,
    address: addressOf(number % attack.addresses),
    act: attack.act(number, chance),
    answers: attack.answers,
    who: attack.name,
  }))
}

/** No two in one /64, as rented machines are. */
function addressOf(number: number): string {
  return `100.64.${number >> 8}.${number & 255}`
}

/** Of a stolen list 0.1 to 2 % fit; this one is a good list. */
function stuffing(number: number, chance: Dice): Act {
  const right = chance.chance(0.01)
  return {
    kind: 'sign in',
    account: `stolen${number}@example`,
    password: `stolen ${number}`,
    right,
  }
}

const favourites = ['Summer2026!', 'Password123!', 'Welcome2026!'] as const
function spraying(number: number, chance: Dice): Act {
  const password = favourites[Math.floor(number / 500) % 3] ?? favourites[0]
  const account = `person${number % 500}@example`
  return { kind: 'sign in', account, password, right: chance.chance(0.002) }
}

/** Directories and files that a site may have; one in forty is there. */
function browsing(number: number): Act {
  if (number % 40 === 39) return { kind: 'read', path: `/posts/${number}` }
  if (number % 13 === 12)
    return { kind: 'refused', path: `/admin/${number}`, code: 'access.forbidden' }
  return missing(`/word${number}`)
}

function enumeration(number: number, chance: Dice): Act {
  const path = `/invoices/${1_000 + number}`
  if (chance.chance(0.1)) return { kind: 'read', path }
  return {
    kind: 'refused',
    path,
    code: chance.chance(0.2) ? 'access.forbidden' : 'resource.not-found',
  }
}

/** What the default lists of public scanners begin with. */
const probes = [
  ...['/.env', '/.git/config', '/wp-login.php', '/xmlrpc.php', '/phpmyadmin/index.php'],
  ...['/cgi-bin/test.cgi', '/actuator/env', '/server-status', '/backup.sql', '/.aws/credentials'],
  ...['/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php', '/solr/admin/info/system'],
  ...[
    '/index.php.bak',
    '/config.php',
    '/web.config',
    '/login.aspx',
    '/console/login/LoginForm.jsp',
  ],
] as const
const reactions: readonly RefusalCode[] = [
  ...(['request.framing', 'request.target', 'input.unknown-field', 'input.invalid'] as const),
  ...(['body.malformed', 'route.method', 'csrf.token-missing', 'request.path-ambiguous'] as const),
]
function scanning(number: number): Act {
  if (number % 3 === 0) return missing(`${probes[(number / 3) % probes.length] ?? '/.env'}`)
  if (number % 3 === 1) return missing(`/plugin${number}/readme.txt`)
  const code = reactions[number % reactions.length] ?? 'input.invalid'
  return { kind: 'refused', path: `/posts/${number}`, code }
}

const bot = { addresses: 1, answers: 'never' } as const

export const attacks: readonly Attack[] = [
  { name: 'stuffing, 1 address', threat: 'OAT-008', perSecond: 5, ...bot, act: stuffing },
  {
    ...{ name: 'stuffing, 1 address that works', threat: 'OAT-008', perSecond: 5 },
    ...{ addresses: 1, answers: 'work', act: stuffing },
  },
  {
    ...{ name: 'stuffing, 1,000 addresses', threat: 'OAT-008', perSecond: 10 },
    ...{ addresses: 1_000, answers: 'never', act: stuffing },
  },
  { name: 'spraying, 1 address', threat: 'OAT-007', perSecond: 1, ...bot, act: spraying },
  {
    ...{ name: 'spraying, 100 addresses', threat: 'OAT-007', perSecond: 2 },
    ...{ addresses: 100, answers: 'never', act: spraying },
  },
  { name: 'forced browsing', threat: 'OAT-018', perSecond: 20, ...bot, act: browsing },
  { name: 'enumeration of ids', threat: 'OAT-002', perSecond: 10, ...bot, act: enumeration },
  { name: 'vulnerability scanning', threat: 'OAT-014', perSecond: 20, ...bot, act: scanning },
  {
    ...{ name: 'scraping', threat: 'OAT-011', perSecond: 5, ...bot },
    act: (number) => ({ kind: 'read', path: `/posts/${number}` }),
  },
]
