/**
 * Bytes of a body as text. Strict UTF-8 (RFC 3629): malformed, overlong and surrogate sequences
 * are refused, where a replacement character would let two inputs become one. A byte order mark
 * is refused as well, since readers disagree about whether it belongs to the text.
 */
import { isUtf8 } from 'node:buffer'
import { type Refusal, refuse } from '../../core/refusals.ts'

export function decodeUtf8(bytes: Buffer): string | Refusal {
  if (!isUtf8(bytes)) return refuse('body.malformed', { detail: 'not UTF-8' })
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return refuse('body.malformed', { detail: 'begins with a byte order mark' })
  }
  return bytes.toString('utf8')
}
