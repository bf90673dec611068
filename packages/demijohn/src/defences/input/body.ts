/**
 * Reads a body within a bound.
 *
 * Stops memory from being filled by declared, undeclared and lying lengths alike: bytes are
 * counted as they arrive, whatever Content-Length says (advisories on body limits in other
 * frameworks all trusted one of the framings). Does not bound the time: that is `serve`.
 */
import { type Refusal, refuse } from '../../core/refusals.ts'

export type BodyLimits = {
  readonly maxBytes: number
  /** Content-Length; undefined for a chunked body. */
  readonly declaredLength: number | undefined
}

/**
 * The whole body, or `body.too-large` as soon as it is certain, or `body.malformed` where it ended
 * early or late. After a refusal the rest is left unread and the stream is not destroyed, so that
 * the answer can still be sent; the connection is then to be closed.
 */
export async function readBytes(
  body: AsyncIterable<Uint8Array>,
  { maxBytes, declaredLength }: BodyLimits,
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
