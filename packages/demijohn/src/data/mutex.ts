/**
 * One holder at a time, served in the order of asking, so that no writer starves.
 *
 * Does not know who holds it: code that asks for it again while holding it waits for itself. That
 * is why `lock` gives up after a while instead of hanging for ever.
 */
export class FifoMutex {
  #held = false
  /** Sets keep their order and forget a waiter that gave up in constant time. */
  readonly #waiting = new Set<() => void>()

  /** Resolves true once held, false when it was not to be had within `waitMilliseconds`. */
  lock(waitMilliseconds: number): Promise<boolean> {
    if (!this.#held) {
      this.#held = true
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(wake)
        resolve(false)
      }, waitMilliseconds)
      const wake = () => {
        clearTimeout(timer)
        resolve(true)
      }
      this.#waiting.add(wake)
    })
  }

  /** Hands over to whoever waits longest. */
  unlock(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#held = false
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
