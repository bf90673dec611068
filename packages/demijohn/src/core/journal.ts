/** A list of texts that several processes add to and read, each from where it was: see `data`, `limits`. */
export type Journal = {
  /** Adds a text at the end. Rejects when it was not taken. */
  readonly append: (text: string) => Promise<void>
  /**
   * What was added after a mark, in order, as far as it is kept; everything where there is no mark.
   * The new mark is for the next call. Rejects when the store does not answer.
   */
  readonly readAfter: (
    mark: string | undefined,
  ) => Promise<{ readonly texts: readonly string[]; readonly mark: string | undefined }>
}
