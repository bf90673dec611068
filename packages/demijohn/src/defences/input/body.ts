/**
 * Reads a body within a bound.
 *
 * Stops memory from being filled by declared, undeclared and lying lengths alike: bytes are
 * counted as they arrive, whatever Content-Length says (advisories on body limits in other
 * frameworks all trusted one of the framings). Does not bound the time: that is `serve`.
 */
import { type Refusal, refuse } from '../../core/refusals.ts'
import type { BodyClaim } from './budget.ts'

export type BodyLimits = {
  readonly maxBytes: number
  /** Content-Length; undefined for a chunked body. */
  readonly declaredLength: number | undefined
  /** Its part of what all bodies together may take. */
  readonly claim: BodyClaim
}

const retrySoon = Object.freeze({ 'Retry-After': '5' })

/**
 * The whole body, or `body.too-large` as soon as it is certain, or `body.malformed` where it ended
 * early or late, or `server.busy` where all bodies together take too much. The claim is the caller's to release. After a refusal the rest is left unread and the stream is not destroyed, so that
 * the answer can still be sent; the connection is then to be closed.
 */
export async function readBytes(
  body: AsyncIterable<Uint8Array>,
  { maxBytes, declaredLength, claim }: BodyLimits,
): Promise<Buffer | Refusal> {
  if (declaredLength !== undefined && declaredLength > maxBytes) {
    return refuse('body.too-large', { detail: 'declared length over the limit' })
  }
  const chunks: Uint8Array[] = []
  let received = 0
  // By hand, because leaving `for await` early destroys the stream, and the connection with it.
  const iterator = body[Symbol.asyncIterator]()
  for (;;) {
    const chunk = await readChunk(iterator)
    if (chunk === 'ended') break
    if (chunk === 'broken') return refuse('body.malformed', { detail: 'the body broke off' })
    received += chunk.byteLength
    if (received > maxBytes) return refuse('body.too-large', { detail: 'over the limit' })
    if (!claim.take(chunk.byteLength)) {
      return refuse('server.busy', { headers: retrySoon, detail: 'bodies take too much memory' })
    }
    if (chunk.byteLength > 0) chunks.push(chunk)
  }
  if (declaredLength !== undefined && received !== declaredLength) {
    return refuse('body.malformed', { detail: 'length is not the declared one' })
  }
  return Buffer.concat(chunks, received)
}

/** A stream that fails is a client that went away or framed its chunks wrongly: no fault of ours. */
async function readChunk(
  iterator: AsyncIterator<Uint8Array>,
): Promise<Uint8Array | 'ended' | 'broken'> {
  try {
    const next = await iterator.next()
    return next.done === true ? 'ended' : next.value
  } catch {
    return 'broken'
  }
}
