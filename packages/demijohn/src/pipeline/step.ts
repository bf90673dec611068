/**
 * Steps, and the one way to put them in order.
 *
 * A step's type says what it needs and what it gives; a step whose needs nobody before it gives does
 * not compile, so a wrong order of defences does not either. A step that refuses ends the walk.
 */
import { isRefusal, type Refusal } from '../core/refusals.ts'

export type Step<Needs, Gives> = {
  readonly name: string
  /** Answers at once where it can: a promise costs every request a turn of the loop. */
  readonly run: (known: Needs) => Gives | Refusal | Promise<Gives | Refusal>
}

/** How a walk ended: with everything known, or refused at a step. */
export type Outcome<Known> =
  | { readonly refusal: undefined; readonly known: Known }
  | { readonly refusal: Refusal; readonly at: string; readonly known: Partial<Known> }

export type OrderedSteps<Start, Known> = {
  /** Adds a step. Its needs must be among what is known by then. */
  readonly step: <Needs, Gives extends object>(
    next: Known extends Needs ? Step<Needs, Gives> : never,
  ) => OrderedSteps<Start, Known & Gives>
  readonly names: readonly string[]
  /** Runs the steps. `start` grows on the way, so that whoever catches a fault sees how far it came. */
  readonly walk: (start: Start) => Outcome<Known> | Promise<Outcome<Known>>
}

type AnyStep = Step<never, object>

/** An empty order: what is known at first is what `walk` is given. */
export function begin<Start extends object>(): OrderedSteps<Start, Start> {
  return ordered<Start, Start>([])
}

function ordered<Start extends object, Known>(
  steps: readonly AnyStep[],
): OrderedSteps<Start, Known> {
  return {
    step: (next) => ordered([...steps, next as unknown as AnyStep]),
    names: steps.map((step) => step.name),
    walk: (start) => walk<Known>(steps, start, 0),
  }
}

/**
 * Runs the steps in turn without a promise for as long as they answer at once. What is known is one
 * object that grows: `Known` is true of it at the end because `step` only took steps whose needs
 * were given, which is why the casts here are sound and stand nowhere else.
 */
function walk<Known>(
  steps: readonly AnyStep[],
  known: object,
  from: number,
): Outcome<Known> | Promise<Outcome<Known>> {
  for (let index = from; index < steps.length; index += 1) {
    const step = steps[index]
    if (step === undefined) break
    const given = step.run(known as never)
    if (given instanceof Promise) {
      return given.then((later) =>
        isRefusal(later)
          ? { refusal: later, at: step.name, known: known as Partial<Known> }
          : walk<Known>(steps, Object.assign(known, later), index + 1),
      )
    }
    if (isRefusal(given)) return { refusal: given, at: step.name, known: known as Partial<Known> }
    Object.assign(known, given)
  }
  return { refusal: undefined, known: known as Known }
}
