/**
 * An hour of ordinary use by 500 people, some clumsy: mistyped passwords, double submits, old
 * bookmarks, links of a mailing with names that no page has, stale forms, mail links opened twice, a hundred people behind one office address, phones
 * between networks, a crawler that obeys, somebody who reads fast with a browser that prefetches.
 */
import type { RefusalCode } from '../../src/core/refusals.ts'
import { type Dice, dice } from './dice.ts'
import {
  type Act,
  hour,
  missing,
  oldBookmark,
  popularPage,
  startOfHour,
  type Visit,
} from './world.ts'

export const officeAddress = '203.0.113.10'
const people = 500
const inOffice = 100
const withPhones = 40

export function ordinaryHour(seed: number): readonly Visit[] {
  const chance = dice(seed)
  const visits: Visit[] = []
  for (let number = 0; number < people; number += 1) visits.push(...personOf(number, chance))
  visits.push(...crawler(chance), ...fastReader(chance))
  return visits.sort((a, b) => a.at - b.at)
}

function addressOf(number: number): string {
  if (number < inOffice) return officeAddress
  // Half of the homes have IPv6, each a /64 of its own.
  if (number % 2 === 0) return `2001:db8:${number.toString(16)}:1::${(number * 7).toString(16)}`
  return `198.51.100.${number % 256}`
}

/** One person's hour. */
function personOf(number: number, chance: Dice): readonly Visit[] {
  const hasPhone = number >= people - withPhones
  const home = addressOf(number)
  const mobile = `192.0.2.${number % 200}`
  const visits: Visit[] = []
  let at = startOfHour + chance.between(0, hour * 0.8)
  const answers = chance.chance(0.03) ? 'wait' : 'work'
  const add = (act: Act, address = home): void => {
    visits.push({ at, address, act, answers, who: 'person' })
  }
  if (chance.chance(0.05)) for (const act of bookmarks(chance)) add(act)
  if (chance.chance(0.3)) add(newsletter(number))
  if (chance.chance(0.7)) {
    for (const act of signIn(number, chance)) {
      add(act)
      at += 2_000 + chance.gap(6_000)
    }
  }
  const reads = chance.between(4, 40)
  for (let read = 0; read < reads && at < startOfHour + hour; read += 1) {
    // A phone changes over now and then, and comes back.
    const away = hasPhone && read % 10 >= 6
    const address = away ? mobile : home
    if (hasPhone && read > 9 && (read % 10 === 0 || read % 10 === 6)) {
      add({ kind: 'token.two-networks' }, address)
    }
    add({ kind: 'read', path: popularPage(chance) }, address)
    for (const act of mishaps(chance)) {
      at += 500
      add(act, address)
    }
    at += 1_500 + chance.gap(22_000)
  }
  return visits
}

function signIn(number: number, chance: Dice): readonly Act[] {
  const account = `person${number}@example`
  const right: Act = { kind: 'sign in', account, password: `right ${number}`, right: true }
  if (!chance.chance(0.25)) return [right]
  const slips = chance.between(1, 4)
  // A few all have the same old password in mind: what the office was told at its first day.
  const common = number < inOffice && chance.chance(0.15)
  const wrong = Array.from({ length: slips }, (_, slip): Act => {
    const password = common ? 'welcome to the office' : `slip ${slip} of ${number}`
    return { kind: 'sign in', account, password, right: false }
  })
  // One in eight gives up, and asks for a link by mail, which some open twice.
  if (chance.chance(0.12))
    return chance.chance(0.3) ? [...wrong, { kind: 'token.replayed' }] : wrong
  return [...wrong, right]
}

/** A mailing adds names to its links, with a value for each reader, and one link has two slashes. */
function newsletter(number: number): Act {
  if (number % 10 === 0)
    return { kind: 'refused', path: '/posts//1', code: 'request.path-ambiguous' }
  const path = `/posts/1?utm_source=news&utm_campaign=${number % 3}&reader=${number}`
  return { kind: 'refused', path, code: 'input.unknown-field' }
}

function bookmarks(chance: Dice): readonly Act[] {
  return Array.from({ length: chance.between(1, 4) }, () => missing(oldBookmark(chance)))
}

const slips: readonly (readonly [number, RefusalCode])[] = [
  [0.02, 'input.invalid'],
  [0.004, 'csrf.token-invalid'],
  [0.002, 'csrf.cross-site'],
  [0.003, 'access.forbidden'],
  [0.006, 'access.sign-in-required'],
  [0.002, 'input.duplicate-field'],
  [0.001, 'route.method'],
  [0.002, 'limit.exceeded'],
]

function mishaps(chance: Dice): readonly Act[] {
  const acts: Act[] = []
  for (const [probability, code] of slips) {
    if (chance.chance(probability)) acts.push({ kind: 'refused', path: popularPage(chance), code })
  }
  // A form is sent twice by an impatient double click.
  if (chance.chance(0.004)) acts.push({ kind: 'token.replayed' })
  if (chance.chance(0.0005)) acts.push({ kind: 'honey.field' })
  if (chance.chance(0.01))
    acts.push(missing(chance.pick(['/favicon.svg', '/apple-icon.png', '/ads.txt'])))
  if (chance.chance(0.003)) acts.push(missing(oldBookmark(chance)))
  if (chance.chance(0.004)) {
    const path = `/posts/removed-${chance.between(1, 40)}`
    acts.push({ kind: 'refused', path, code: 'resource.not-found' })
  }
  return acts
}

/** A page every five seconds; one in twelve of what it has in its index is gone. */
function crawler(chance: Dice): readonly Visit[] {
  const visits: Visit[] = []
  for (let at = startOfHour, page = 0; at < startOfHour + hour; at += 5_000, page += 1) {
    const gone = chance.chance(0.08)
    const act: Act = gone ? missing(`/archive/${page}`) : { kind: 'read', path: `/posts/${page}` }
    visits.push({ at, address: '192.0.2.250', act, answers: 'never', who: 'person' })
  }
  return visits
}

/** Opens a page every few seconds, and the browser fetches what its links lead to. */
function fastReader(chance: Dice): readonly Visit[] {
  const visits: Visit[] = []
  let at = startOfHour + 600_000
  for (let click = 0; click < 80; click += 1) {
    for (let ahead = 0; ahead < chance.between(2, 6); ahead += 1) {
      const act: Act = { kind: 'read', path: popularPage(chance) }
      visits.push({
        at: at + ahead * 40,
        address: '192.0.2.251',
        act,
        answers: 'work',
        who: 'person',
      })
    }
    at += 1_500 + chance.gap(5_000)
  }
  return visits
}
