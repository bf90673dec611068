/** What a pure `decide` function answers. `Reason` is a union of literals, so callers can switch. */
export type Decision<Reason extends string> =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: Reason }

export const allowed = Object.freeze({ allowed: true }) satisfies Decision<never>

export function refused<const Reason extends string>(reason: Reason): Decision<Reason> {
  return { allowed: false, reason }
}
