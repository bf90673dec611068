/**
 * How much room text takes in a terminal, and text that cannot act on one.
 *
 * Stops a stored name from moving the cursor, colouring the screen or turning lines around
 * (CWE-150): what a terminal would act on is shown as a replacement character. Widths are those of
 * Unicode Standard Annex 11 by script, which is right for what people are called, and may be one
 * column off for rare symbols.
 */

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

const wide =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u
const plain = /^[\x20-\x7e]*$/

/** Columns that a printable text takes. */
export function widthOf(text: string): number {
  if (plain.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += wide.test(segment) ? 2 : 1
  return width
}

/** Fills up with blanks to `width`, or cuts off and says so with an ellipsis. */
export function fit(text: string, width: number): string {
  const taken = widthOf(text)
  if (taken <= width) return text + ' '.repeat(width - taken)
  let kept = ''
  let room = width - 1
  for (const { segment } of segmenter.segment(text)) {
    room -= widthOf(segment)
    if (room < 0) break
    kept += segment
  }
  return `${kept}…${' '.repeat(Math.max(0, width - 1 - widthOf(kept)))}`
}

/** Controls, formats such as bidirectional ones, separators, and halves of surrogate pairs. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** The text with everything that a terminal or a reader of columns could act on replaced. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, '\ufffd')
}
