/**
 * The budget for mistakes, and what attacks cost their makers: an ordinary hour of 500 people under
 * twenty seeds, and each attack in the middle of such an hour. Prints what came of it as a table.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { attacks, attackVisits, beginsAt } from './attacks.ts'
import { ordinaryHour } from './people.ts'
import { type Outcome, run, type Tally } from './run.ts'

const seeds = Array.from({ length: 20 }, (_, seed) => seed + 1)

const bansOf = ({ events }: Outcome) =>
  events.flatMap((event) => (event.kind === 'banned' ? [event.ban] : []))

function tallyOf(outcome: Outcome, who: string): Tally {
  const tally = outcome.of.get(who)
  assert.ok(tally !== undefined, `${who} made no request`)
  return tally
}

test('sentinel: nobody is banned in an ordinary hour of 500 people, whatever the seed', (t) => {
  const all = { requests: 0, slowed: 0, challenged: 0 }
  for (const seed of seeds) {
    const outcome = run(seed, ordinaryHour(seed))
    const tally = tallyOf(outcome, 'person')
    assert.ok(tally.requests > 8_000, `seed ${seed}`)
    assert.deepEqual(bansOf(outcome), [], `seed ${seed}`)
    assert.equal(tally.banned, 0)
    all.requests += tally.requests
    all.slowed += tally.slowed
    all.challenged += tally.challenged
  }
  const { requests, slowed, challenged } = all
  t.diagnostic(`${requests} requests: ${slowed} slowed, ${challenged} challenged, 0 banned`)
  // One request in ten thousand may be asked to wait a second.
  assert.ok(slowed <= requests / 10_000, `${slowed} slowed`)
  assert.equal(challenged, 0)
})

/**
 * The most that may get through before the first answer, and in ten minutes altogether. NIST SP
 * 800-63B section 5.2.2 allows 100 failed tries in a row at one account: here it is the bound for a whole attack
 * on sign-in. Others: one part in a hundred of what the tools bring along, which is some 4,600 words
 * (dirb's common.txt) and 6,700 checks (Nikto), and of 100,000 ids; half of the pages, for reading.
 */
const bounds: Readonly<Record<string, { readonly seen: number; readonly through: number }>> = {
  'stuffing, 1 address': { seen: 20, through: 100 },
  'stuffing, 1 address that works': { seen: 20, through: 100 },
  'stuffing, 1,000 addresses': { seen: 100, through: 100 },
  'spraying, 1 address': { seen: 20, through: 100 },
  'spraying, 100 addresses': { seen: 20, through: 100 },
  'forced browsing': { seen: 46, through: 46 },
  'enumeration of ids': { seen: 100, through: 1_000 },
  'vulnerability scanning': { seen: 67, through: 67 },
  scraping: { seen: 1_000, through: 1_000 },
}

const table: string[] = []
const worst = (tallies: readonly Tally[], of: (tally: Tally) => number | undefined): number =>
  Math.max(...tallies.map((tally) => of(tally) ?? Number.POSITIVE_INFINITY))

for (const attack of attacks) {
  test(`[asvs 2.4.1] [asvs 6.3.1] sentinel: ${attack.threat} ${attack.name}`, () => {
    const tallies: Tally[] = []
    const climbed = new Set<string>()
    for (const seed of [7, 8, 9]) {
      const visits = [...ordinaryHour(seed), ...attackVisits(attack, seed)]
      const outcome = run(
        seed,
        visits.sort((a, b) => a.at - b.at),
      )
      const tally = tallyOf(outcome, attack.name)
      tallies.push(tally)
      const levels = ['slowed', 'challenged', 'banned'] as const
      for (const level of levels) if (tally[level] > 0) climbed.add(level)
      // Whoever is banned attacks, and people get in as they do without an attack.
      for (const { client } of bansOf(outcome)) assert.match(client, /^100\.64\./)
      const undisturbed = tallyOf(run(seed, ordinaryHour(seed)), 'person')
      assert.equal(tallyOf(outcome, 'person').banned, 0)
      assert.equal(tallyOf(outcome, 'person').letThrough, undisturbed.letThrough)
    }
    const { seen = 0, through = 0 } = bounds[attack.name] ?? {}
    assert.ok(worst(tallies, (tally) => tally.beforeDetection) <= seen)
    assert.ok(worst(tallies, (tally) => tally.letThrough) <= through)
    assert.ok(climbed.has('challenged'))
    const seconds = worst(tallies, ({ detectedAt = Number.NaN }) => (detectedAt - beginsAt) / 1000)
    const cells = [
      ...[`${attack.threat} ${attack.name}`.padEnd(40), `${seconds.toFixed(1)} s`.padStart(8)],
      String(worst(tallies, (tally) => tally.beforeDetection)).padStart(8),
      String(worst(tallies, (tally) => tally.letThrough)).padStart(8),
      String(tallies[0]?.requests).padStart(8),
      [...climbed].join(', '),
    ]
    table.push(cells.join('  '))
  })
}

after(() => {
  const head = ['attack'.padEnd(40), '   after', 'requests', ' through', '   tried', 'response']
  console.log([head.join('  '), ...table].join('\n'))
})
