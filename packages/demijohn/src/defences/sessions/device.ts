/**
 * The cookie by which a browser in which somebody has signed in before is told from others.
 *
 * Stops a made-up cookie from having allowances of its own before the database is asked: it carries
 * an HMAC-SHA-256 of its random bits (RFC 2104) under a key of the site, so one that we have not
 * made is none. It opens nothing and names nobody; whoever has copied it has the browser's
 * allowance of tries, and a sign-in with it brings no mail. Where its key has left the keyring the
 * browser is a stranger, until the next sign-in.
 */
import { createHmac } from 'node:crypto'
import {
  constantTimeEqual,
  isSecretShape,
  type Random,
  randomSecret,
  sha256Hex,
  systemRandom,
} from '../../core/bytes.ts'

export type Devices = {
  /** SHA-256 of the cookie's random bits, in hexadecimal; null for what we cannot have made. */
  readonly idOf: (cookieValue: string | undefined) => string | null
  /** A new one: what goes into the cookie, and its id. */
  readonly make: () => { readonly value: string; readonly id: string }
}

/** The first key makes cookies; all are believed, so that a new key makes no stranger of anybody. */
export function createDevices(keys: readonly Buffer[], random: Random = systemRandom): Devices {
  const [first] = keys
  if (first === undefined) throw new TypeError('devices: there is no key')
  return Object.freeze({
    idOf: (cookieValue) => {
      const [secret = '', proof = '', ...more] = (cookieValue ?? '').split('.', 3)
      if (more.length > 0 || !isSecretShape(secret) || !isSecretShape(proof)) return null
      const given = Buffer.from(proof)
      // As text, which has one spelling alone.
      const isOurs = keys.some((key) => constantTimeEqual(given, Buffer.from(proofOf(key, secret))))
      return isOurs ? sha256Hex(secret) : null
    },
    make: () => {
      const secret = randomSecret(random)
      return { value: `${secret}.${proofOf(first, secret)}`, id: sha256Hex(secret) }
    },
  } satisfies Devices)
}

function proofOf(key: Buffer, secret: string): string {
  return createHmac('sha256', key).update(`device:${secret}`).digest('base64url')
}
