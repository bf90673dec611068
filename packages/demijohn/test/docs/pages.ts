/** Reads the documentation: its files, tables, fenced blocks and what it names. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../../../..')

/** The Markdown files that are documentation, by path from the root. Press's posts are content. */
export const pages: readonly string[] = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).sort()

export function readPage(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The part of a page from a heading to the next one of the same rank or a higher one. */
export function section(text: string, heading: string): string {
  const lines = withoutFences(text).split('\n')
  const from = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading)
  if (from === -1) throw new TypeError(`there is no heading "${heading}"`)
  const rank = (lines[from] ?? '').indexOf(' ')
  const rest = lines.slice(from + 1)
  const end = rest.findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= rank)
  return rest.slice(0, end === -1 ? undefined : end).join('\n')
}

/** The rows of every table in a text, without head and rule, each as its trimmed cells. */
export function rows(text: string): readonly (readonly string[])[] {
  const lines = withoutFences(text).split('\n')
  return lines.flatMap((line, at) => {
    const isHead = /^\|[ :|-]+\|$/.test(lines[at + 1] ?? '')
    if (!line.startsWith('|') || isHead || /^\|[ :|-]+\|$/.test(line)) return []
    return [
      line
        .slice(1, line.lastIndexOf('|'))
        .split('|')
        .map((cell) => cell.trim()),
    ]
  })
}

/** What stands between backquotes in a cell: the first, or nothing. */
export function code(cell: string | undefined): string {
  return /`([^`]+)`/.exec(cell ?? '')?.[1] ?? ''
}

export function codes(cell: string | undefined): readonly string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map((found) => found[1] ?? '')
}

/** The contents of the fenced blocks of one language. */
export function fenced(text: string, language: string): readonly string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter((found) => found[1] === language)
    .map((found) => found[2] ?? '')
}

function withoutFences(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '')
}
