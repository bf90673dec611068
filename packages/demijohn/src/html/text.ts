/** Facts about text, each found in one pass. */

const controls = /[\p{Cc}\u2028\u2029]/u
const controlsBeyondLines = /[\0-\x08\x0b-\x1f\x7f-\x9f]/

/** True for C0, DEL, C1, line and paragraph separators, and halves of surrogate pairs. */
export function hasControls(text: string): boolean {
  return controls.test(text) || !text.isWellFormed()
}

/** As `hasControls`, apart from line feeds, tabs and the separators. */
export function hasControlsBeyondLines(text: string): boolean {
  return controlsBeyondLines.test(text) || !text.isWellFormed()
}

/** Before anything else looks at the text, so that no work is done on what is refused anyway. */
export function isTooLong(text: string, maxUnits: number): boolean {
  return text.length > maxUnits
}

export function countCodePoints(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}
