/**
 * What a new password must be.
 *
 * Stops passwords that are guessed first: short, common, made of the person's or the site's name,
 * or of a run along the keyboard (ASVS 6.2.1, 6.2.4, 6.2.9, 6.2.11; NIST SP 800-63B). There are no
 * rules about kinds of characters, and none about age (6.2.5, 6.2.10). It does not know whether a
 * password was stolen elsewhere.
 */

import { isCommonPassword } from './common.ts'
import { normalisePassword } from './normalise.ts'

export type PasswordProblem = {
  readonly code: 'malformed' | 'too-long' | 'too-short' | 'common' | 'context' | 'predictable'
  /** For the person who chose it. Never holds the password. */
  readonly message: string
}

/** Code points after NFKC. */
export const minPasswordCharacters = 12

const problems = {
  malformed: 'This password holds characters that are not text. Type it anew.',
  'too-long': 'Use at most 1,024 bytes, which is some hundreds of characters.',
  'too-short': 'Use at least 12 characters. A few unrelated words are easy to remember.',
  common: 'This password is on lists of common ones. Choose something that only you would say.',
  context: 'This password is mostly your name, your address or the name of this site.',
  predictable: 'This password repeats itself or runs along the keyboard. Mix in unrelated words.',
} as const satisfies Record<PasswordProblem['code'], string>

function problem(code: PasswordProblem['code']): PasswordProblem {
  return { code, message: problems[code] }
}

/**
 * Checks a new password; null when it will do. `context` holds words that are easy to guess here:
 * the person's name and email address, the name of the site.
 */
export function checkNewPassword(
  password: string,
  { context }: { readonly context: readonly string[] },
): PasswordProblem | null {
  if (!password.isWellFormed()) return problem('malformed')
  const normal = normalisePassword(password)
  if (normal === undefined) return problem('too-long')
  if (Array.from(normal).length < minPasswordCharacters) return problem('too-short')
  if (isCommonPassword(normal)) return problem('common')
  const folded = normal.toLowerCase()
  if (isMostlyContext(folded, context)) return problem('context')
  if (isPredictable(folded)) return problem('predictable')
  return null
}

/** Shorter parts of names stand in too many honest words. */
const minContextCharacters = 4
/** What must remain beside the words of the context. */
const minOwnCharacters = 8

/** The words are longest first, so that a part of one does not hide the whole. */
function contextWords(context: readonly string[]): string[] {
  const words = new Set<string>()
  for (const text of context) {
    const folded = text.normalize('NFKC').toLowerCase()
    for (const word of [folded, ...folded.split(/[^\p{L}\p{N}]+/u)]) {
      if (Array.from(word).length >= minContextCharacters) words.add(word)
    }
  }
  return [...words].sort((a, b) => b.length - a.length)
}

function isMostlyContext(folded: string, context: readonly string[]): boolean {
  let rest = folded
  for (const word of contextWords(context)) rest = rest.replaceAll(word, '')
  return rest !== folded && Array.from(rest).length < minOwnCharacters
}

/** Runs that fingers know, forwards and backwards, besides those of the alphabet itself. */
const keyboardRows = [
  '1234567890',
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'zxcvbnm',
]
/** Characters that do not follow from the one before: fewer make no password. */
const minFreeCharacters = 5
/** A whole that is repeated must be this long itself. */
const minPeriod = 8

function follows(a: string, b: string): boolean {
  const step = (b.codePointAt(0) ?? 0) - (a.codePointAt(0) ?? 0)
  if (step >= -1 && step <= 1) return true
  return keyboardRows.some((row) => row.includes(a + b) || row.includes(b + a))
}

/** The length of the shortest text that, repeated, makes up the whole. Linear (Knuth-Morris-Pratt). */
function shortestPeriod(characters: readonly string[]): number {
  const borders = [0]
  for (let at = 1; at < characters.length; at += 1) {
    let border = borders[at - 1] ?? 0
    while (border > 0 && characters[at] !== characters[border]) border = borders[border - 1] ?? 0
    borders.push(characters[at] === characters[border] ? border + 1 : 0)
  }
  return characters.length - (borders.at(-1) ?? 0)
}

function isPredictable(folded: string): boolean {
  const characters = Array.from(folded)
  if (shortestPeriod(characters) < minPeriod) return true
  let free = 0
  let before: string | undefined
  for (const character of characters) {
    if (before === undefined || !follows(before, character)) free += 1
    before = character
  }
  return free < minFreeCharacters
}
