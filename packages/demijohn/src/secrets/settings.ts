import { Misconfiguration } from '../core/misconfiguration.ts'
import { readSettingFile } from './secretFile.ts'

/**
 * Configuration, parsed once at start from the environment and frozen (ASVS 13.3.1: secrets come
 * from outside of the code). Nothing reads the environment afterwards.
 *
 * Each setting comes as `NAME`, or as `NAME_FILE` naming a file with the value. All problems are
 * reported together, each with its remedy; the value of a secret is in none of them. Stops the
 * readings that surprise: `DEBUG=False` being true, an empty value passing for a missing one, a
 * number with something behind it, a port of 0.
 *
 * Does not stop another process of the same user from reading /proc/self/environ: prefer
 * `NAME_FILE` for secrets.
 */

/** What a reader makes of a text. `problem` ends the sentence that begins with the name. */
export type Reading<T> = { readonly value: T } | { readonly problem: string }

export type Reader<T> = {
  /** For the person who sets it: what it is for. */
  readonly describe: string
  /** Which texts it takes, as in `true or false`. */
  readonly expects: string
  readonly kind: 'plain' | 'secret'
  /** The value when nothing is set; undefined where something has to be. */
  readonly missing: { readonly value: T } | undefined
  readonly read: (text: string) => Reading<T>
}

export type SettingsSpec = Readonly<Record<string, Reader<unknown>>>

export type Settings<Spec extends SettingsSpec> = {
  readonly [Name in keyof Spec]: Spec[Name] extends Reader<infer T> ? T : never
}

export type Environment = Readonly<Record<string, string | undefined>>

const nameShape = /^[A-Z][A-Z0-9_]*$/

/**
 * Reads every setting of the specification, whose keys are the names in the environment, or throws
 * `Misconfiguration` with all that is wrong. Names outside of the specification are not looked at.
 */
export function readSettings<const Spec extends SettingsSpec>(
  environment: Environment,
  spec: Spec,
): Settings<Spec> {
  const problems = Object.keys(spec).flatMap((name) => problemsOfName(name, spec))
  const settings: Record<string, unknown> = Object.create(null)
  for (const [name, reader] of Object.entries(spec)) {
    const reading = readOne(environment, name, reader)
    if ('problem' in reading) problems.push(reading.problem)
    else settings[name] = reading.value
  }
  if (problems.length > 0) throw new Misconfiguration(problems)
  // Every name of the specification has been read by its own reader just above.
  return Object.freeze(settings) as Settings<Spec>
}

function problemsOfName(name: string, spec: SettingsSpec): readonly string[] {
  if (!nameShape.test(name)) return [`${name}: write names of settings as A-Z, 0-9 and _.`]
  if (!Object.hasOwn(spec, `${name}_FILE`)) return []
  return [`${name}_FILE is taken: it names the file of ${name}. Rename one.`]
}

function readOne(
  environment: Environment,
  name: string,
  reader: Reader<unknown>,
): Reading<unknown> {
  const source = findText(environment, name, reader.kind)
  if ('problem' in source) return source
  if (source.text === undefined) {
    if (reader.missing !== undefined) return reader.missing
    return { problem: `${name} is not set. ${remedy(name, reader)}` }
  }
  const reading = source.text === '' ? { problem: 'is empty' } : reader.read(source.text)
  if (!('problem' in reading)) return reading
  return { problem: `${source.from} ${reading.problem}. ${remedy(name, reader)}` }
}

type Source = { readonly text: string | undefined; readonly from: string }

function findText(
  environment: Environment,
  name: string,
  kind: 'plain' | 'secret',
): Source | { readonly problem: string } {
  const text = own(environment, name)
  const fileName = `${name}_FILE`
  const path = own(environment, fileName)
  if (path === undefined) return { text, from: name }
  if (text !== undefined) {
    return { problem: `${name} and ${fileName} are both set. Keep one of them.` }
  }
  if (path === '') return { problem: `${fileName} is empty. Name a file, or take it out.` }
  const found = readSettingFile(path, kind)
  if ('problem' in found) return { problem: `The file that ${fileName} names ${found.problem}.` }
  return { text: found.text, from: `The file that ${fileName} names` }
}

function own(environment: Environment, name: string): string | undefined {
  return Object.hasOwn(environment, name) ? environment[name] : undefined
}

function remedy(name: string, reader: Reader<unknown>): string {
  return `Set ${name} to ${reader.expects} (${reader.describe}).`
}
