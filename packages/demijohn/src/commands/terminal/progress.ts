/**
 * How far a long command is: a bar on a terminal, a line now and then elsewhere. On standard error,
 * so that what the command finds can be kept apart.
 */
import { styleText } from 'node:util'

export type Progress = {
  readonly at: (done: number) => void
  /** Takes the bar away, so that a line can be written; the next `at` draws it again. */
  readonly clear: () => void
}

type Target = {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly write: (text: string) => unknown
}

/** Often enough to be seen moving, rarely enough to cost nothing. */
const redrawMilliseconds = 100
/** Without a terminal: a line at each tenth of the way, where it takes long enough to be read. */
const linesInAll = 10
const worthLines = 5_000

const number = new Intl.NumberFormat('en')

export function createProgress(
  total: number,
  what: string,
  target: Target = process.stderr,
): Progress {
  return target.isTTY === true ? bar(total, what, target) : lines(total, what, target)
}

function bar(total: number, what: string, target: Target): Progress {
  let drawnAt = Number.NEGATIVE_INFINITY
  let isDrawn = false
  const clear = (): void => {
    if (isDrawn) target.write('\r\u001b[K')
    isDrawn = false
  }
  return {
    at: (done) => {
      const now = performance.now()
      if (now - drawnAt < redrawMilliseconds && done < total) return
      drawnAt = now
      isDrawn = true
      target.write(`\r${barLine(done, total, what, target.columns ?? 80)}\u001b[K`)
    },
    clear,
  }
}

/** Kept one column short of the screen, for a full line would wrap. */
export function barLine(done: number, total: number, what: string, columns: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const words = ` ${String(Math.floor(share * 100)).padStart(3)} %  ${number.format(done)} of ${number.format(total)} ${what}`
  const room = Math.min(40, columns - 1 - words.length)
  if (room < 5) return words.trim().slice(0, Math.max(0, columns - 1))
  const full = Math.round(share * room)
  return styleText('green', '█'.repeat(full)) + styleText('dim', '░'.repeat(room - full)) + words
}

function lines(total: number, what: string, target: Target): Progress {
  let said = total < worthLines ? linesInAll : 0
  return {
    at: (done) => {
      const tenth = total === 0 ? linesInAll : Math.floor((done / total) * linesInAll)
      if (tenth <= said) return
      said = tenth
      target.write(`${number.format(done)} of ${number.format(total)} ${what}\n`)
    },
    clear: () => undefined,
  }
}
