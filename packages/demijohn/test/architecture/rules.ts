/** The checks as functions of text, so that each can be shown to fail. */
import { posix } from 'node:path'
import { builtins, type Room, rooms } from './rooms.ts'

/** A file by its path from the root of the workspace. */
export type Source = { readonly path: string; readonly text: string }

const library = 'packages/demijohn/src/'

export const isTest = (path: string): boolean =>
  /\.test\.ts$|Fixture\.ts$|\/test\/|(^|\/)tests?\//.test(path)

/** Comments and the contents of quoted strings taken out, line breaks kept. */
export function codeOf(text: string): string {
  const parts =
    /`(?:\\.|[^`\\\n])*`|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\/\/.*|\/\*[\s\S]*?\*\//g
  return text.replace(parts, (part) => {
    if (part.startsWith('/')) return part.replace(/[^\n]/g, ' ')
    return part.startsWith('`') ? part : `${part[0]}${part[0]}`
  })
}

export function importsOf({ text }: Source): readonly string[] {
  const bare = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  return [...bare.matchAll(/(?:\bfrom|^\s*import|\bimport\()\s*'([\w.@][^'\s]*)'/gm)].map(
    (found) => found[1] ?? '',
  )
}

/** The room of a file of the library; undefined for its public entries. */
export function roomOf(path: string): string | undefined {
  const parts = path.slice(library.length).split('/')
  if (parts.length === 1) return undefined
  return parts[0] === 'defences' ? `defences/${parts[1]}` : parts[0]
}

/** What this file imports of rooms that its own may not know, with the reason. */
export function roomProblems(source: Source, table: readonly Room[] = rooms): readonly string[] {
  if (!source.path.startsWith(library) || isTest(source.path)) return []
  const own = roomOf(source.path)
  if (own === undefined) return []
  const at = table.findIndex((room) => room.name === own)
  const room = table[at]
  if (room === undefined) return [`${source.path}: ${own} is not in the table of rooms`]
  const problems: string[] = []
  for (const name of importsOf(source).filter((one) => one.startsWith('.'))) {
    const target = posix.join(posix.dirname(source.path), name)
    const other = roomOf(target)
    const say = `${source.path} imports ${target}: ${own} — ${room.because}`
    if (!target.startsWith(library) || other === undefined) problems.push(say)
    else if (other !== own && !mayImport(room, at, other, table)) problems.push(say)
  }
  return problems
}

function mayImport(room: Room, at: number, other: string, table: readonly Room[]): boolean {
  const otherAt = table.findIndex((one) => one.name === other)
  const defences = room.name.startsWith('defences/') && other.startsWith('defences/')
  const excluded = (room.not ?? []).some((name) => other === name || other.startsWith(`${name}/`))
  return otherAt !== -1 && otherAt < at && !defences && !excluded
}

export function packageProblems(source: Source): readonly string[] {
  if (!source.path.startsWith(library) || isTest(source.path)) return []
  const own = roomOf(source.path)
  const room = rooms.find((one) => one.name === own)
  const outside = importsOf(source).filter((name) => !name.startsWith('.'))
  return outside.flatMap((name) => {
    if (name.startsWith('node:')) {
      const rule = builtins[name.split('/')[0] ?? '']
      const fine = rule === undefined || (own !== undefined && rule.rooms.includes(own))
      return fine ? [] : [`${source.path} imports ${name}: ${rule.because}`]
    }
    const allowed = room?.packages.some((one) => name === one || name.startsWith(`${one}/`))
    return allowed === true ? [] : [`${source.path} imports ${name}: ${room?.because ?? 'entry'}`]
  })
}

const publicEntries = new Set([
  'demijohn',
  'demijohn/accounts',
  'demijohn/openid',
  'demijohn/tokens',
])

/** Press is an application like any other: it knows the public entries and nothing behind them. */
export function pressProblems(source: Source): readonly string[] {
  if (!source.path.startsWith('press/')) return []
  return importsOf(source)
    .filter((name) => /^demijohn(\/|$)|packages\/|\/demijohn\//.test(name))
    .filter((name) => !publicEntries.has(name))
    .filter((name) => !(isTest(source.path) && name === 'demijohn/testing'))
    .map((name) => `${source.path} imports ${name}, which is not a public entry`)
}

type Pattern = {
  readonly what: string
  readonly shape: RegExp
  /** Where it may stand, with the reason. */
  readonly except?: { readonly paths: RegExp; readonly because: string }
}

/** What no code of the library or of Press contains, tests apart. */
export const patterns: readonly Pattern[] = [
  { what: 'any', shape: /(?:[:<|&=,(]|=>|\bas|\bextends)\s*any\b(?!\s*[:(])|\bany\[\]/ },
  { what: 'a non-null !', shape: /[\w)\]]!(?=[.,;)\]\s[]|$)(?!\s*=)/m },
  { what: 'eval', shape: /\beval\s*\(|\bnew Function\b|\bFunction\s*\(/ },
  { what: 'Math.random', shape: /\bMath\s*\.\s*random\b/ },
  {
    what: 'the time of the system',
    shape: /\bDate\.now\b|\bnew Date\(\)/,
    except: {
      paths: /\/src\/core\/clock\.ts$|^press\/cli\//,
      because: 'this is the clock that is passed in; press/cli is a program of its own',
    },
  },
  {
    what: 'process.env',
    shape: /\bprocess\s*\.\s*env\b/,
    except: {
      paths: /^packages\/[a-z-]+\/bin\/|^press\/src\/main\.ts$|^press\/cli\//,
      because: 'where a program begins; from there it is passed on',
    },
  },
  {
    what: 'fetch',
    shape: /(?<![.\w])fetch\s*\(|\bglobalThis\.fetch\b/,
    except: {
      paths:
        /^packages\/demijohn\/src\/(?:defences\/openid\/fetch|defences\/tokens\/remoteKeys|serve\/outside)\.ts$|^press\/cli\//,
      because:
        'they ask addresses of a configured provider alone, within bounds; press/cli is a client',
    },
  },
  { what: '@ts-ignore', shape: /@ts-(?:ignore|nocheck|expect-error)/ },
  { what: 'an empty catch', shape: /catch\s*(?:\([^)]*\))?\s*\{\s*\}/ },
]

export function patternProblems(source: Source): readonly string[] {
  if (isTest(source.path)) return []
  const code = codeOf(source.text)
  return patterns.flatMap(({ what, shape, except }) => {
    const text = what.startsWith('@') ? source.text : code
    const found = shape.exec(text)
    if (found === null || except?.paths.test(source.path) === true) return []
    const line = text.slice(0, found.index).split('\n').length
    return [`${source.path}:${line} has ${what}`]
  })
}

// Written in two parts, so that this file does not find itself.
const unfinished = new RegExp(
  ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK', 'W' + 'IP']
    .map((w) => `(?:^\\s*|\\s)(?://|\\* ).*\\b${w}\\b`)
    .join('|'),
  'm',
)
const machinePath = new RegExp(
  `(?:^|['"\`\\s(])/(?:wo${'rk'}|ho${'me'}|ro${'ot'}|Us${'ers'})/`,
  'm',
)
const onlyOne = new RegExp(`\\b(?:test|it|describe)\\.on${'ly'}\\(|\\bdebug${'ger'}\\b`)

/** Words that belong on somebody's desk and not into the repository. */
export function wordProblems({ path, text }: Source): readonly string[] {
  return [unfinished, machinePath, onlyOne].flatMap((shape) => {
    const found = shape.exec(text)
    return found === null ? [] : [`${path} has ${JSON.stringify(found[0].trim())}`]
  })
}

const maxFileLines = 300
const maxFunctionLines = 60

export function fileSizeProblems({ path, text }: Source): readonly string[] {
  const lines = text.split('\n').length - 1
  return isTest(path) || lines <= maxFileLines ? [] : [`${path} has ${lines} lines`]
}

/** A function's end is the next closing brace at its own indentation: the formatter sees to that. */
export function longFunctions({ path, text }: Source): readonly string[] {
  if (isTest(path)) return []
  const lines = text.split('\n')
  return lines.flatMap((line, from) => {
    const start =
      /^(\s*)(?:export )?(?:default )?(?:async )?(?:function\*? |const \w+ = .*=>)/.exec(line)
    const method = /^(\s+)(?:async )?(?!if|for|while|switch|return)[#\w]+\(.*\{$/.exec(line)
    const indent = start?.[1] ?? method?.[1]
    if (indent === undefined) return []
    const length = lines
      .slice(from + 1)
      .findIndex((one) => one.startsWith(`${indent}}`) && !one.endsWith('{'))
    const name = /(?:function\*?|const)? *([#\w]+)/.exec(
      line.replace(/^\s*(export |async )*/, ''),
    )?.[1]
    return length + 2 > maxFunctionLines ? [`${path} ${name}`] : []
  })
}
