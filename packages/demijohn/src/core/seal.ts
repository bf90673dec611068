/**
 * Secrets that the database keeps and has to give back, sealed: a copy of it opens none of them (ASVS
 * 11.3.2, AES-256-GCM). Bound to the row's id, so that what was moved to another row does not open.
 * Does not help against somebody who has the keys as well.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Random } from './bytes.ts'

const algorithm = 'aes-256-gcm'
/** NIST SP 800-38D section 8.2: 96 bits; random ones are safe for 2^32 messages of a key. */
const nonceBytes = 12
const tagBytes = 16

/** Seals with the first key: nonce, tag and content in base64url. */
export function seal(
  keys: readonly Buffer[],
  random: Random,
  facts: { readonly id: string; readonly text: string },
): string {
  const [key] = keys
  if (key === undefined) throw new RangeError('seal: there is no key')
  const nonce = Buffer.from(random(nonceBytes))
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(facts.id))
  const content = Buffer.concat([cipher.update(facts.text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), content]).toString('base64url')
}

/** What was sealed under that id with any of the keys; undefined for everything else. */
export function unseal(
  keys: readonly Buffer[],
  facts: { readonly id: string; readonly sealed: string },
): string | undefined {
  const bytes = Buffer.from(facts.sealed, 'base64url')
  if (bytes.length < nonceBytes + tagBytes) return undefined
  for (const key of keys) {
    const text = unsealWith(key, facts.id, bytes)
    if (text !== undefined) return text
  }
  return undefined
}

function unsealWith(key: Buffer, id: string, bytes: Buffer): string | undefined {
  const nonce = bytes.subarray(0, nonceBytes)
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(id))
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
  const start = decipher.update(bytes.subarray(nonceBytes + tagBytes))
  try {
    return Buffer.concat([start, decipher.final()]).toString('utf8')
  } catch (error) {
    // The tag does not fit: another key, another id, or changed bytes. Node has no code for it.
    if (error instanceof Error) return undefined
    throw error
  }
}
