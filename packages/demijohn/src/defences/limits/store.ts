/**
 * Where limits are remembered when nothing is shared: in this process, in bounded room.
 *
 * Stops a limiter from being the way in (CWE-770): its tables hold a fixed number of cells, 16 bytes
 * each, whatever is asked, 55 MiB at the very most and a few KiB for a small site. A cell in use is
 * never given away, so noise cannot push out whoever is being limited. Every route has cells of its
 * own before it draws on those that all share, so a flood of one cannot take the others' room.
 *
 * When both are full, strangers are counted by their network, /24 or /48, and when that table is full
 * as well by the next wider one, at last in cells without a name. They share an allowance with their
 * neighbours then; nobody is refused for being new. Whoever gets a cell later starts with what their
 * network has used, so the way through the tables gives nobody more than their allowance.
 *
 * Does not stop a client with addresses in many networks: no count of addresses can.
 */
import { type Random, systemRandom } from '../../core/bytes.ts'
import type { Clock } from '../../core/clock.ts'
import { Cells } from './cells.ts'
import { decideLimit, type LimitDecision } from './decide.ts'
import { type Hashed, type HashKey, halfSipHash } from './halfSipHash.ts'
import type { LimitPlan, LimitStore, LimitVerdict, PlannedLimit } from './plan.ts'
import { verdictOf } from './verdict.ts'
import { widerNetworks } from './widen.ts'

/** Routes with cells of their own; more of them share these. */
const ownTables = 192
const ownCells = 8_192
/** The cells that all routes share, in parts, so that growing one takes a moment only. */
const commonTables = 24
const commonCells = 65_536
const networkTables = 4
const networkCells = 65_536
/** For each of the four windows: a cell of a short limit must not stand for a day. */
const namelessCells = 16_384

export type MemoryLimitStore = {
  readonly take: (...asked: Parameters<LimitStore['take']>) => LimitVerdict
  /** Bytes of all tables at this moment. */
  readonly bytes: () => number
}

/** `shrink` divides the number of cells: for tests of what happens when they are full. */
export function memoryLimitStore(deps: {
  readonly clock: Clock
  readonly random?: Random
  readonly shrink?: number
}): MemoryLimitStore {
  return new Memory(deps.clock, deps.random ?? systemRandom, deps.shrink ?? 1)
}

/** One limit of one plan: where its counters lie, and what makes their hashes its own. */
type Counted = {
  readonly limit: PlannedLimit
  readonly cells: Cells
  readonly salt: Hashed
  /** Until then, cells of networks may hold what a newcomer to this limit has used. */
  pressedUntil: number
}

class Memory implements MemoryLimitStore {
  readonly #clock: Clock
  readonly #random: Random
  readonly #shrink: number
  readonly #key: HashKey
  readonly #plans = new WeakMap<LimitPlan, readonly Counted[]>()
  #planCount = 0
  readonly #own: Cells[] = []
  readonly #common: readonly Cells[]
  readonly #networks: readonly [readonly Cells[], readonly Cells[]]
  readonly #namelessCells = new Map<number, Float64Array>()
  readonly #hashed: Hashed = { low: 0, high: 0 }
  #hashedText: string | undefined

  constructor(clock: Clock, random: Random, shrink: number) {
    this.#clock = clock
    this.#random = random
    this.#shrink = shrink
    this.#key = { k0: random(4).readInt32LE(), k1: random(4).readInt32LE() }
    this.#common = tables(commonTables, commonCells / shrink)
    this.#networks = [
      tables(networkTables, networkCells / shrink),
      tables(networkTables / 2, networkCells / shrink),
    ]
  }

  bytes(): number {
    const all = [...this.#own, ...this.#common, ...this.#networks.flat()]
    const nameless = [...this.#namelessCells.values()].map((cells) => cells.byteLength)
    return [...all.map((cells) => cells.bytes), ...nameless].reduce((a, b) => a + b, 0)
  }

  take(plan: LimitPlan, key: string, ownKeys?: readonly (string | undefined)[]): LimitVerdict {
    const now = this.#clock.now()
    const counted = this.#plans.get(plan) ?? this.#register(plan)
    const decisions: LimitDecision[] = []
    let allowed = true
    for (let at = 0; at < counted.length; at += 1) {
      const one = counted[at]
      if (one === undefined) continue
      const decision = this.#decide(one, ownKeys?.[at] ?? key, key, now)
      if (!decision.allowed) allowed = false
      decisions.push(decision)
    }
    for (let at = 0; allowed && at < counted.length; at += 1) {
      const one = counted[at]
      const decision = decisions[at]
      if (one === undefined || decision === undefined || !decision.allowed) continue
      this.#charge(one, ownKeys?.[at] ?? key, key, decision.arrivalTime, now)
    }
    return verdictOf(plan, decisions)
  }

  #register(plan: LimitPlan): readonly Counted[] {
    const at = this.#planCount % ownTables
    this.#planCount += 1
    const cells = this.#own[at] ?? new Cells(ownCells / this.#shrink)
    this.#own[at] = cells
    const word = () => this.#random(4).readUInt32LE()
    const counted = plan.limits.map((limit) => {
      return { limit, cells, salt: { low: word(), high: word() }, pressedUntil: 0 }
    })
    this.#plans.set(plan, counted)
    return counted
  }

  /** Only looks: what is allowed is charged once all limits of a plan allow it. */
  #decide(one: Counted, key: string, client: string, now: number): LimitDecision {
    const hash = this.#hash(key)
    const low = mixed(hash.low, one.salt.low)
    const high = mixed(hash.high, one.salt.high)
    let stored = one.cells.read(low, high, now)
    if (stored === 0) stored = this.#commonOf(low).read(low, high, now)
    if (stored === 0 && now < one.pressedUntil) stored = this.#inherited(one, key, client, now)
    return decideLimit(one.limit, stored === 0 ? undefined : stored, now)
  }

  #charge(one: Counted, key: string, client: string, moment: number, now: number): void {
    const hash = this.#hash(key)
    const low = mixed(hash.low, one.salt.low)
    const high = mixed(hash.high, one.salt.high)
    const common = this.#commonOf(low)
    // Where it lies already: a hash in two places would be counted twice.
    if (common.read(low, high, now) !== 0) common.write(low, high, moment, now)
    else if (!one.cells.write(low, high, moment, now) && !common.write(low, high, moment, now)) {
      one.pressedUntil = Math.max(one.pressedUntil, moment)
      this.#chargeNetwork(one, key, client, moment, now)
    }
  }

  /** The most that stands in any place where a key without a cell may have been counted. */
  #inherited(one: Counted, key: string, client: string, now: number): number {
    const names = wider(key, client)
    const [cells, at] = this.#nameless(one, key, client)
    let most = cells[at] ?? 0
    for (let width = 0; width < names.length; width += 1) {
      const hash = this.#hash(names[width] ?? '')
      const low = mixed(hash.low, one.salt.low)
      const high = mixed(hash.high, one.salt.high)
      most = Math.max(most, this.#networkOf(width, low).read(low, high, now))
    }
    return most
  }

  /**
   * A client by its network. A key that a client may have made up by both: by itself, in a cell that
   * it shares with others, so that its limit holds; and by the client, so that one who makes up many
   * fills few of those cells.
   */
  #chargeNetwork(one: Counted, key: string, client: string, moment: number, now: number): void {
    const names = wider(key, client)
    const placed = names.some((name, width) => {
      const hash = this.#hash(name)
      const low = mixed(hash.low, one.salt.low)
      const high = mixed(hash.high, one.salt.high)
      return this.#networkOf(width, low).write(low, high, moment, now)
    })
    if (placed && key === client) return
    const [cells, at] = this.#nameless(one, key, client)
    cells[at] = moment
  }

  /** By window, so that no cell of a short limit stands for a day; what clients make up apart. */
  #nameless(one: Counted, key: string, client: string): readonly [Float64Array, number] {
    const kind = one.limit.windowMilliseconds + (key === client ? 0 : 1)
    const cells = this.#namelessCells.get(kind) ?? new Float64Array(namelessCells / this.#shrink)
    this.#namelessCells.set(kind, cells)
    const widest = key === client ? (widerNetworks(key).at(-1) ?? key) : key
    return [cells, mixed(this.#hash(widest).low, one.salt.low) % cells.length]
  }

  #commonOf(low: number): Cells {
    return cellsOf(this.#common, low)
  }

  #networkOf(width: number, low: number): Cells {
    return cellsOf(this.#networks[width === 0 ? 0 : 1], low)
  }

  /** The same key is asked for several times in a row: for each limit, to look and to charge. */
  #hash(text: string): Hashed {
    if (this.#hashedText !== text) {
      halfSipHash(this.#key, text, this.#hashed)
      this.#hashedText = text
    }
    return this.#hashed
  }
}

/** An address is in its networks; any other key is counted by the client who sent it. */
function wider(key: string, client: string): readonly string[] {
  return key === client ? widerNetworks(key) : [client, ...widerNetworks(client)]
}

function tables(count: number, cells: number): readonly Cells[] {
  return Array.from({ length: count }, () => new Cells(cells))
}

function cellsOf(all: readonly Cells[], low: number): Cells {
  // The upper bits, for the lower ones choose the run.
  const cells = all[(low >>> 16) % all.length]
  if (cells === undefined) throw new RangeError('limits: no table')
  return cells
}

/** A hash of its own for each limit: the finaliser of MurmurHash3, a bijection, over hash and salt. */
function mixed(hash: number, salt: number): number {
  let word = hash ^ salt
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
  return (word ^ (word >>> 16)) >>> 0
}
