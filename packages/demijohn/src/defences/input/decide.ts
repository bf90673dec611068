/**
 * Lets a handler see only what its schema gave (ASVS 2.2.1, 2.2.2).
 *
 * Any Standard Schema (standardschema.dev) decides. It is given an object without a prototype, so
 * that no field's name means something by inheritance. Refusals name the field and never hold a
 * value. Does not bound lengths by itself: `schemas` has bounded ones, and the body has its limit.
 */
import { isRefusal, type Refusal, refuse } from '../../core/refusals.ts'
import type { StandardIssue, StandardResult, StandardSchemaV1 } from '../../core/standardSchema.ts'
import { printableName } from '../../web/fieldName.ts'
import { checkNames } from './names.ts'

/** What is wrong with a field; `field` is empty where it concerns several. */
export type Problem = { readonly field: string; readonly message: string }

export type Checked<Output> =
  | { readonly valid: true; readonly values: Output }
  | { readonly valid: false; readonly problems: readonly Problem[] }

/** Every problem, for a form that is shown again. A promise only where the schema gave one. */
export function checkFields<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  raw: ReadonlyMap<string, string>,
): Checked<Output> | Promise<Checked<Output>> {
  const fields: Record<string, string> = Object.create(null)
  for (const [name, value] of raw) fields[name] = value
  const result = schema['~standard'].validate(fields)
  return result instanceof Promise ? result.then(toChecked) : toChecked(result)
}

function toChecked<Output>(result: StandardResult<Output>): Checked<Output> {
  return result.issues === undefined
    ? { valid: true, values: result.value }
    : { valid: false, problems: result.issues.map(toProblem) }
}

function toProblem(issue: StandardIssue): Problem {
  const first = issue.path?.[0]
  const key = typeof first === 'object' ? first.key : first
  return { field: key === undefined ? '' : printableName(String(key)), message: issue.message }
}

/**
 * The schema's values, or `input.unknown-field` where the schema tells its names, or
 * `input.invalid` naming the first field that was not accepted.
 */
export function parseWithSchema<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  raw: ReadonlyMap<string, string>,
): { readonly values: Output } | Refusal | Promise<{ readonly values: Output } | Refusal> {
  const declared = declaredNames(schema)
  const unknown = declared === undefined ? undefined : checkNames(raw, declared)
  if (isRefusal(unknown)) return unknown
  const checked = checkFields(schema, raw)
  return checked instanceof Promise ? checked.then(toOutcome) : toOutcome(checked)
}

function toOutcome<Output>(checked: Checked<Output>): { readonly values: Output } | Refusal {
  if (checked.valid) return { values: checked.values }
  return refuse('input.invalid', { field: checked.problems[0]?.field ?? '' })
}

/** The names that an object schema of zod declares; undefined where a schema does not tell. */
export function declaredNames(schema: object): ReadonlySet<string> | undefined {
  const shape: unknown = 'shape' in schema ? schema.shape : undefined
  return typeof shape === 'object' && shape !== null ? new Set(Object.keys(shape)) : undefined
}
