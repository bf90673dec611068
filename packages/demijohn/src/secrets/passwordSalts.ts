/**
 * The salt of a Flask-Security site that accounts came from (its SECURITY_PASSWORD_SALT): a secret,
 * which never stands beside the hashes. FLASK_SECURITY_SALT, or better FLASK_SECURITY_SALT_FILE
 * naming a file of mode 0600; two sites are two lines.
 *
 * It is what it was at the origin, so nothing here calls it weak. Its length is judged where it is
 * used (`importedPasswords`).
 */
import { Secret } from './secret.ts'
import { type Environment, type Reader, readSettings } from './settings.ts'

const maxSalts = 2

const salts: Reader<readonly Secret[]> = {
  describe: 'the salt of the Flask-Security site that people came from',
  expects: `SECURITY_PASSWORD_SALT of the old site, as it stood there; of two sites a line each`,
  kind: 'secret',
  missing: { value: Object.freeze([]) },
  read: (text) => {
    const lines = text.split(/\r?\n/)
    if (lines.includes('')) return { problem: 'has an empty line' }
    if (lines.length > maxSalts) return { problem: `has more than ${maxSalts} lines` }
    if (new Set(lines).size < lines.length) return { problem: 'has the same line twice' }
    return { value: Object.freeze(lines.map((line) => new Secret(line))) }
  },
}

/** None where nothing is set. Throws Misconfiguration, without the salt in it. */
export function flaskSecuritySalts(environment: Environment): readonly Secret[] {
  return readSettings(environment, { FLASK_SECURITY_SALT: salts }).FLASK_SECURITY_SALT
}
