import { Misconfiguration } from '../core/misconfiguration.ts'
import { parseNetworks, type TrustedNetworks } from '../web/client.ts'
import { type Keyring, parseKeyring } from './keyring.ts'
import { Secret } from './secret.ts'
import type { Reader, Reading } from './settings.ts'
import { weaknessOf } from './weakness.ts'

/**
 * The kinds of setting. Each takes exactly what it says: no trimming, no guessing, no other
 * spelling of the same thing beyond those listed. A problem of a secret never repeats it.
 */

/** `describe` is required; with neither `default` nor `optional` the setting is required too. */
type Common<T> = {
  readonly describe: string
  readonly default?: T
  readonly optional?: true
}

/** What a reader gives when nothing is set: undefined only where `optional` says so. */
type Absent<Options> = Options extends { readonly optional: true } ? undefined : never

function reader<T, Options extends Common<T>>(
  options: Options,
  kind: 'plain' | 'secret',
  expects: string,
  read: (text: string) => Reading<T>,
): Reader<T | Absent<Options>> {
  if (options.default !== undefined && options.optional !== undefined) {
    throw new Misconfiguration([`"${options.describe}": give either a default or optional.`])
  }
  // `undefined` is a value of the setting exactly where the type above has it.
  const missing = { value: options.default as T | Absent<Options> }
  const mayMiss = options.default !== undefined || options.optional === true
  return Object.freeze({
    describe: options.describe,
    expects,
    kind,
    missing: mayMiss ? missing : undefined,
    read,
  })
}

/** Text of one line. `max` in characters, 1000 unless said otherwise. */
export function string<const Options extends Common<string> & { readonly max?: number }>(
  options: Options,
): Reader<string | Absent<Options>> {
  const max = options.max ?? 1000
  return reader<string, Options>(options, 'plain', `text of at most ${max} characters`, (text) => {
    if (text.length > max) return { problem: `has ${text.length} characters` }
    if (/[\x00-\x1f\x7f]/.test(text)) return { problem: 'has control characters' }
    return { value: text }
  })
}

/** A whole decimal number between `min` and `max`, both included. */
export function integer<
  const Options extends Common<number> & { readonly min: number; readonly max: number },
>(options: Options): Reader<number | Absent<Options>> {
  const { min, max } = options
  const expects = `a whole number from ${min} to ${max}`
  return reader<number, Options>(options, 'plain', expects, (text) => {
    const value = /^-?(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? { value } : { problem: `is ${shown(text)}` }
  })
}

/** A TCP port, 1 to 65535. */
export function port<const Options extends Common<number>>(
  options: Options,
): Reader<number | Absent<Options>> {
  return integer<Options & { min: number; max: number }>({ ...options, min: 1, max: 65_535 })
}

const flagTexts: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'yes', 'on'].map((text) => [text, true] as const),
  ...['false', '0', 'no', 'off'].map((text) => [text, false] as const),
])

/** true, 1, yes, on; false, 0, no, off; in upper or lower case. */
export function flag<const Options extends Common<boolean>>(
  options: Options,
): Reader<boolean | Absent<Options>> {
  return reader<boolean, Options>(options, 'plain', 'true or false', (text) => {
    const value = flagTexts.get(text.toLowerCase())
    return value === undefined ? { problem: `is ${shown(text)}` } : { value }
  })
}

/** One of the given texts, letter by letter. */
export function oneOf<const Choice extends string, const Options extends Common<NoInfer<Choice>>>(
  choices: readonly Choice[],
  options: Options,
): Reader<Choice | Absent<Options>> {
  return reader<Choice, Options>(options, 'plain', `one of ${choices.join(', ')}`, (text) => {
    const value = choices.find((choice) => choice === text)
    return value === undefined ? { problem: `is ${shown(text)}` } : { value }
  })
}

/** Names and addresses alone: URL takes `*` for a name as well. */
const plainHost = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])$/
const loopbackHost = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/

/** `https://host` with or without a port, as browsers write it; `http` on this machine alone. */
export function origin<const Options extends Common<string>>(
  options: Options,
): Reader<string | Absent<Options>> {
  const expects = 'an origin such as https://www.example.org, in lower case, without a path'
  return reader<string, Options>(options, 'plain', expects, (text) => {
    const url = URL.parse(text)
    // What the parser would change is refused: another spelling would never match the header.
    if (url === null || url.origin !== text || !plainHost.test(url.hostname)) {
      return { problem: `is ${shown(text)}` }
    }
    if (url.protocol === 'https:') return { value: text }
    if (url.protocol !== 'http:') return { problem: `is ${shown(text)}` }
    if (loopbackHost.test(url.hostname)) return { value: text }
    return { problem: `is ${shown(text)}: http is for localhost alone` }
  })
}

/** Values separated by commas, blanks around them ignored; each by the given reader. At most 100. */
export function list<T, const Options extends Common<readonly T[]>>(
  item: Reader<T>,
  options: Options,
): Reader<readonly T[] | Absent<Options>> {
  const expects = `${item.expects}; several are separated by commas`
  return reader<readonly T[], Options>(options, item.kind, expects, (text) => {
    const parts = text.split(',').map((part) => part.trim())
    if (parts.length > 100) return { problem: `has ${parts.length} entries` }
    const values: T[] = []
    for (const [at, part] of parts.entries()) {
      const reading = part === '' ? { problem: 'is empty' } : item.read(part)
      if ('problem' in reading) return { problem: `entry ${at + 1} ${reading.problem}` }
      values.push(reading.value)
    }
    return { value: Object.freeze(values) }
  })
}

/** A random secret of at least `minBytes` bytes (32); weak and published ones are refused. */
export function secret<
  const Options extends Omit<Common<Secret>, 'default'> & { readonly minBytes?: number },
>(options: Options): Reader<Secret | Absent<Options>> {
  const minBytes = options.minBytes ?? 32
  const expects = `${minBytes} random bytes, such as openssl rand -hex ${minBytes} prints`
  return reader<Secret, Options>(options, 'secret', expects, (text) => {
    const weakness = weaknessOf(text, minBytes)
    return weakness === undefined ? { value: new Secret(text) } : { problem: weakness }
  })
}

/** Keys of the application, newest first: see `parseKeyring`. */
export function keyring<const Options extends Omit<Common<Keyring>, 'default'>>(
  options: Options,
): Reader<Keyring | Absent<Options>> {
  const expects = 'one or more keys of 32 random bytes in base64url, newest first'
  return reader<Keyring, Options>(options, 'secret', expects, (text) =>
    reading(() => parseKeyring(text)),
  )
}

/** Addresses and CIDR networks, separated by commas: see `parseNetworks`. */
export function networks<
  const Options extends Common<TrustedNetworks> & { readonly what?: string },
>(options: Options): Reader<TrustedNetworks | Absent<Options>> {
  const expects = 'addresses or networks such as 10.0.0.0/8, separated by commas'
  return reader<TrustedNetworks, Options>(options, 'plain', expects, (text) =>
    reading(() =>
      parseNetworks(
        text.split(',').map((part) => part.trim()),
        options.what,
      ),
    ),
  )
}

/** A parser that throws `Misconfiguration`, as a reading; other errors are faults of ours. */
function reading<T>(parse: () => T): Reading<T> {
  try {
    return { value: parse() }
  } catch (error) {
    if (!(error instanceof Misconfiguration)) throw error
    return { problem: `is refused: ${error.problems.join('; ')}` }
  }
}

/** A value that is no secret, printable and cut to 40 characters. */
function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}
