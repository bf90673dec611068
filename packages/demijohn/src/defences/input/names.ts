/**
 * Stops mass assignment and probing: a field that the route did not declare is refused, by name,
 * before any schema sees it (ASVS 2.2.1, 15.3.3). The first one in the order sent is named.
 */
import { type Refusal, refuse } from '../../core/refusals.ts'
import { printableName } from '../../web/fieldName.ts'

export function checkNames(
  raw: ReadonlyMap<string, string>,
  declared: ReadonlySet<string>,
): Refusal | undefined {
  for (const name of raw.keys()) {
    if (!declared.has(name)) return refuse('input.unknown-field', { field: printableName(name) })
  }
  return undefined
}
