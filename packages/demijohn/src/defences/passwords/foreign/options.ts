/**
 * What has to be known besides a stored hash to read it. Never stored with the hashes: whoever
 * steals the table should not hold these, too. Checked once at start, then frozen.
 */

import { Misconfiguration } from '../../../core/misconfiguration.ts'

export type ImportedPasswords = {
  /** SECURITY_PASSWORD_SALT of each Flask-Security site that accounts came from. */
  readonly flaskSecuritySalts: readonly Buffer[]
}

/** Each salt costs another hash for every wrong password. */
export const maxFlaskSecuritySalts = 2

/** Longer ones would be a mistake: Flask-Security's own advice makes 39 characters. */
const maxSaltBytes = 1_024

/** A setting that is not printed by accident; `Secret` is one. */
type Concealed = { readonly reveal: () => string }

/**
 * Checks and freezes the options.
 * @throws Misconfiguration for unknown options, for more than two salts, and for one that is empty,
 * over-long or listed twice. Salts are never named by value.
 */
export function importedPasswords(
  given: { readonly flaskSecuritySalts?: readonly Concealed[] } = {},
): ImportedPasswords {
  const problems: string[] = []
  for (const name of Object.keys(given)) {
    if (name !== 'flaskSecuritySalts') {
      problems.push(`passwords.imported.${name} is not an option: remove it.`)
    }
  }
  const texts = (given.flaskSecuritySalts ?? []).map((salt) => salt.reveal())
  const salts = texts.map((text) => Buffer.from(text, 'utf8'))
  if (salts.length > maxFlaskSecuritySalts) {
    problems.push(`passwords.imported.flaskSecuritySalts: at most ${maxFlaskSecuritySalts}.`)
  }
  if (salts.some(({ byteLength }) => byteLength === 0 || byteLength > maxSaltBytes)) {
    problems.push(
      `passwords.imported.flaskSecuritySalts: each has 1 to ${maxSaltBytes} bytes: copy SECURITY_PASSWORD_SALT.`,
    )
  }
  if (new Set(texts).size < texts.length) {
    problems.push('passwords.imported.flaskSecuritySalts: one is listed twice.')
  }
  if (problems.length > 0) throw new Misconfiguration(problems)
  return Object.freeze({ flaskSecuritySalts: Object.freeze(salts) })
}

export const nothingImported: ImportedPasswords = importedPasswords()
