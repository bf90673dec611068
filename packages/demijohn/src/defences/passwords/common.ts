/**
 * Stops passwords that an attacker tries first (ASVS 6.2.4). The list is data/common-passwords.txt;
 * its README says where it comes from.
 */

import { readFileSync } from 'node:fs'

const list = readFileSync(new URL('./data/common-passwords.txt', import.meta.url), 'utf8')
const commonPasswords: ReadonlySet<string> = new Set(list.split('\n').filter(Boolean))

/** Takes a password in NFKC; upper and lower case are one. */
export function isCommonPassword(normal: string): boolean {
  return commonPasswords.has(normal.toLowerCase())
}
