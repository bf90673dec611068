/**
 * Thrown at start, never during a request: an option, what is wrong with it, and what to do.
 * The message never holds the value of a secret.
 */
export class Misconfiguration extends Error {
  override readonly name = 'Misconfiguration'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      problems.length === 1
        ? String(problems[0])
        : `\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    )
    this.problems = problems
  }
}
