/** Tables for a terminal: columns of the width of their content, and never wider than the screen. */
import { styleText } from 'node:util'
import { fit, widthOf } from './width.ts'

export type Column = {
  readonly title: string
  /** Given up first when the screen is narrow; a column without it keeps its width. */
  readonly mayShrink: boolean
}

const gap = '  '
const leastWidth = 12

/**
 * The widths of columns for these rows on a screen of so many columns. Columns that do not fit even
 * so are left out from the end: there are fewer widths than columns then, and two at least.
 */
export function columnWidths(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  screenColumns: number,
): readonly number[] {
  const widths = columns.map(({ title }, at) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[at] ?? '')), title.length),
  )
  const surplus = () => {
    const gaps = gap.length * (widths.length - 1)
    return widths.reduce((sum, width) => sum + width, gaps) - screenColumns
  }
  while (surplus() > 0) {
    const at = widestThatShrinks(columns, widths)
    if (at !== undefined) widths[at] = (widths[at] ?? 0) - 1
    else if (widths.length > 2) widths.pop()
    else break
  }
  return widths
}

/** The widest gives way first, so that a long address does not squeeze out the name beside it. */
function widestThatShrinks(
  columns: readonly Column[],
  widths: readonly number[],
): number | undefined {
  let widest: number | undefined
  for (const [at, width] of widths.entries()) {
    if (columns[at]?.mayShrink !== true || width <= leastWidth) continue
    if (widest === undefined || width > (widths[widest] ?? 0)) widest = at
  }
  return widest
}

export function tableHead(columns: readonly Column[], widths: readonly number[]): string {
  return styleText(
    'bold',
    tableRow(
      columns.map(({ title }) => title),
      widths,
    ),
  )
}

export function tableRow(cells: readonly string[], widths: readonly number[]): string {
  return widths
    .map((width, at) => fit(cells[at] ?? '', width))
    .join(gap)
    .trimEnd()
}
