/**
 * bcrypt, bare and behind a hash of the password, as the Python libraries store it: bcrypt itself,
 * Flask-Bcrypt, passlib (bcrypt, bcrypt_sha256 in both versions) and Django.
 *
 * Stops a stored string that would demand unbounded rounds. Bare bcrypt reads 72 bytes and no more,
 * so a longer password is compared as its origin compared it; the hash that replaces this one at
 * sign-in holds the whole. bcrypt would take `a` and `a NUL a` for one password; the origins refuse
 * a NUL, and so does this. Where it is computed says `bcryptThread.ts`.
 */

import { createHmac, hash } from 'node:crypto'
import { constantTimeEqual } from '../../../core/bytes.ts'
import { bcryptHash } from './bcryptThread.ts'
import { type ForeignFormat, type Reader, type Reading, reasons } from './reading.ts'

/** Four times the work of the usual 12; each step doubles it. */
export const maxBcryptCost = 14

/** Cost, salt, digest. The last characters have bits to spare, and those are nought. */
const bare =
  /^\$2[aby]\$([0-9]{2})\$([./A-Za-z0-9]{21}[.Oeu])([./A-Za-z0-9]{30}[.CGKOSWaeimquy26])$/
const bareBegins = /^\$2[abxy]?\$/

const passlibV1 =
  /^\$bcrypt-sha256\$2[aby],([1-9][0-9]?)\$([./A-Za-z0-9]{21}[.Oeu])\$([./A-Za-z0-9]{30}[.CGKOSWaeimquy26])$/
const passlibV2 =
  /^\$bcrypt-sha256\$v=2,t=2[aby],r=([1-9][0-9]?)\$([./A-Za-z0-9]{21}[.Oeu])\$([./A-Za-z0-9]{30}[.CGKOSWaeimquy26])$/

const oldVariant = 'The variants $2$ and $2x$ have known faults: they are not taken.'

type Prepare = (password: string, salt: string) => string

const asItIs: Prepare = (password) => password
const sha256Hex: Prepare = (password) => hash('sha256', password, 'hex')
const sha256Base64: Prepare = (password) => hash('sha256', password, 'base64')
/** passlib keys it with the salt as written, so that a stolen SHA-256 is no help. */
const hmacBase64: Prepare = (password, salt) =>
  createHmac('sha256', salt).update(password).digest('base64')

type Shape = {
  readonly format: ForeignFormat
  /** Stands before the hash, and is not part of it. */
  readonly mark: string
  readonly whole: RegExp
  readonly prepare: Prepare
}

const shapes: readonly Shape[] = [
  { format: 'django-bcrypt', mark: 'bcrypt$', whole: bare, prepare: asItIs },
  { format: 'django-bcrypt-sha256', mark: 'bcrypt_sha256$', whole: bare, prepare: sha256Hex },
  { format: 'flask-bcrypt-sha256', mark: 'flask-bcrypt-sha256:', whole: bare, prepare: sha256Hex },
]

export const readBcrypt: Reader = (text) => {
  if (bareBegins.test(text)) {
    const format = 'bcrypt'
    if (/^\$2x?\$/.test(text)) return { format, reason: oldVariant }
    return read(text, { format, mark: '', whole: bare, prepare: asItIs })
  }
  if (text.startsWith('$bcrypt-sha256$')) {
    const format = 'passlib-bcrypt-sha256'
    if (text.startsWith('$bcrypt-sha256$v=')) {
      return read(text, { format, mark: '', whole: passlibV2, prepare: hmacBase64 })
    }
    return read(text, { format, mark: '', whole: passlibV1, prepare: sha256Base64 })
  }
  const shape = shapes.find(({ mark }) => text.startsWith(mark))
  return shape === undefined ? undefined : read(text, shape)
}

function read(text: string, { format, mark, whole, prepare }: Shape): Reading {
  const found = whole.exec(text.slice(mark.length))
  if (found === null) return { format, reason: reasons.malformed }
  const [, rounds, salt = '', digest = ''] = found
  const cost = Number(rounds)
  if (cost > maxBcryptCost) return { format, reason: reasons.work }
  // The least that bcrypt defines.
  if (cost < 4) return { format, reason: reasons.malformed }
  const work = { cost, salt, digest }
  return {
    format,
    hasOwnThread: true,
    verify: (password) => matches(prepare(password, salt), work),
  }
}

type Work = { readonly cost: number; readonly salt: string; readonly digest: string }

async function matches(password: string, { cost, salt, digest }: Work): Promise<boolean> {
  const computed = await bcryptHash(password, `$2b$${String(cost).padStart(2, '0')}$${salt}`)
  const same = constantTimeEqual(Buffer.from(computed.slice(-digest.length)), Buffer.from(digest))
  return same && !password.includes('\0')
}
