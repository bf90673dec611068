/**
 * A table of counters in typed arrays: bounded, never searched for longer than two short runs.
 *
 * A cell is 64 bits of a keyed hash and the moment until which it means something. A cell whose
 * moment is over is free, so nothing is ever swept. Each hash has two runs of eight cells that it may
 * lie in; when neither has a free cell the table doubles, up to its most, and then says that it is
 * full. A cell that is in use is never given to another hash.
 */

const runCells = 8
const firstRuns = 8

export const bytesPerCell = 16

export class Cells {
  readonly #mostRuns: number
  #runs = firstRuns
  #marks = new Uint32Array(firstRuns * runCells * 2)
  #moments = new Float64Array(firstRuns * runCells)

  /** `mostCells` is a power of two, 64 or more. */
  constructor(mostCells: number) {
    this.#mostRuns = Math.max(firstRuns, mostCells / runCells)
  }

  get bytes(): number {
    return this.#marks.byteLength + this.#moments.byteLength
  }

  /** The moment that is stored for a hash; 0 where there is none, or none that still means anything. */
  read(low: number, high: number, now: number): number {
    const at = this.#find(low, high)
    const moment = at === -1 ? 0 : (this.#moments[at] ?? 0)
    return moment > now ? moment : 0
  }

  /** Whether a hash has a cell, or could have one. */
  hasRoom(low: number, high: number, now: number): boolean {
    return this.#place(low, high, now) !== -1
  }

  /** Stores a moment; false when the table is full. */
  write(low: number, high: number, moment: number, now: number): boolean {
    const at = this.#place(low, high, now)
    if (at === -1) return false
    this.#marks[at * 2] = low
    this.#marks[at * 2 + 1] = high
    this.#moments[at] = moment
    return true
  }

  #find(low: number, high: number): number {
    const first = this.#findIn((low & (this.#runs - 1)) * runCells, low, high)
    return first === -1 ? this.#findIn((high & (this.#runs - 1)) * runCells, low, high) : first
  }

  #findIn(from: number, low: number, high: number): number {
    const marks = this.#marks
    for (let at = from; at < from + runCells; at += 1) {
      if (marks[at * 2] === low && marks[at * 2 + 1] === high) return at
    }
    return -1
  }

  #place(low: number, high: number, now: number): number {
    for (;;) {
      const known = this.#find(low, high)
      if (known !== -1) return known
      const first = this.#freeIn((low & (this.#runs - 1)) * runCells, now)
      if (first !== -1) return first
      const second = this.#freeIn((high & (this.#runs - 1)) * runCells, now)
      if (second !== -1 || this.#runs === this.#mostRuns) return second
      this.#grow(now)
    }
  }

  #freeIn(from: number, now: number): number {
    const moments = this.#moments
    for (let at = from; at < from + runCells; at += 1) {
      if ((moments[at] ?? 0) <= now) return at
    }
    return -1
  }

  /** Each run becomes two, and its cells stay with the half of the hash that led them there. */
  #grow(now: number): void {
    const before = { runs: this.#runs, marks: this.#marks, moments: this.#moments }
    this.#runs *= 2
    this.#marks = new Uint32Array(this.#runs * runCells * 2)
    this.#moments = new Float64Array(this.#runs * runCells)
    for (let at = 0; at < before.moments.length; at += 1) {
      const moment = before.moments[at] ?? 0
      if (moment <= now) continue
      const low = before.marks[at * 2] ?? 0
      const high = before.marks[at * 2 + 1] ?? 0
      const run = Math.floor(at / runCells)
      const half = (low & (before.runs - 1)) === run ? low : high
      const to = this.#freeIn((half & (this.#runs - 1)) * runCells, now)
      this.#marks[to * 2] = low
      this.#marks[to * 2 + 1] = high
      this.#moments[to] = moment
    }
  }
}
