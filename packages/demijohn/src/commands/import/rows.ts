/** What readers of files have in common: pieces of text go in, whole rows come out. */

export type Broken = { readonly row: number; readonly broken: string }

export type RowReader<Row> = {
  /** The rows that this piece completes. After `Broken` nothing more is read. */
  readonly push: (text: string) => readonly Row[] | Broken
  /** What is left when there is no more text. */
  readonly end: () => readonly Row[] | Broken
}

/** The end of the sentence that begins with the row's number. */
export function broken(row: number, problem: string): Broken {
  return { row, broken: problem }
}

export function isBroken<Row>(result: readonly Row[] | Broken): result is Broken {
  return 'broken' in result
}
