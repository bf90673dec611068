/**
 * A write under its Idempotency-Key: run once, and answered alike when it is sent again. What is kept is
 * the answer's status, body and a few fields; everything else is made anew.
 */
import { isRefusal, type Refusal, refuse } from '../../core/refusals.ts'
import { fingerprintOf, parseIdempotencyKey } from '../../defences/idempotency/key.ts'
import { claim, type IdempotencyStore, settle } from '../../defences/idempotency/store.ts'
import { clientKey } from '../../web/client.ts'
import type {
  Arrival,
  Parts,
  WithBody,
  WithClient,
  WithCredential,
  WithHead,
  WithMatch,
  WithReply,
} from '../parts.ts'
import { jsonReply } from './reply.ts'
import type { Idempotency } from './types.ts'

type Known = Arrival & WithHead & WithClient & WithMatch & WithCredential & WithBody
type Handled = WithReply | Refusal

/** Runs `write`, or answers as its first run did. A route that heeds no key runs it in any case. */
export async function onceForKey(
  parts: Parts,
  known: Known,
  heeds: Idempotency | undefined,
  write: () => Promise<Handled>,
): Promise<Handled> {
  const field = heeds === undefined ? undefined : known.head.headers.get('idempotency-key')
  if (field === undefined) return heeds === 'required' ? refuse('idempotency.key-missing') : write()
  const key = parseIdempotencyKey(field)
  if (key === undefined) return refuse('idempotency.key-malformed')
  const store = storeFor(parts, known)
  const taken = await claim(store, { ...principalOf(known), ...requestOf(known), key })
  if (isRefusal(taken)) return taken
  if (taken.kind === 'replay') {
    const { status, headers, body } = taken.answer
    const fields = fieldsNamed(headers)
    return { reply: jsonReply(parts, known, { status, json: body, fields }), invalid: false }
  }
  let handled: Handled | undefined
  try {
    handled = await write()
    return handled
  } finally {
    await settle(store, taken, handled === undefined ? undefined : keptOf(handled))
  }
}

function storeFor({ db, sealed }: Parts, { now }: Known): IdempotencyStore {
  const purpose = 'idempotency'
  const sealing = {
    seal: (id: string, text: string) => sealed.seal(purpose, id, text),
    unseal: (id: string, text: string) => sealed.unseal(purpose, id, text),
  }
  return { db, clock: { now: () => now }, sealing }
}

/** Whose key it is: nobody reaches another's, and without a token it is the client's. */
function principalOf({ token, clientAddress }: Known) {
  if (token === null) return { principal: `client ${clientKey(clientAddress)}`, accountId: null }
  const { accountId, clientId } = token
  return { principal: JSON.stringify([accountId, clientId]), accountId }
}

function requestOf({ head, wire, match, json }: Known) {
  const body = Buffer.from(JSON.stringify(json) ?? '')
  const fingerprint = fingerprintOf({ method: head.method, target: wire.target, body })
  return { route: match.route.id, fingerprint }
}

const shown: ReadonlyMap<string, string> = new Map([
  ['location', 'Location'],
  ['etag', 'ETag'],
])

function fieldsNamed(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    const asSent = shown.get(name)
    return asSent === undefined ? [] : [asSent, value]
  })
}

/** undefined for a refusal: nothing was done, so the key is free again. */
function keptOf(handled: Handled) {
  if (isRefusal(handled)) return undefined
  const { status, headers: flat, body } = handled.reply
  const headers: Record<string, string> = {}
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = flat[at]?.toLowerCase() ?? ''
    if (shown.has(name)) headers[name] = flat[at + 1] ?? ''
  }
  return { status, headers, body: typeof body === 'string' ? body : Buffer.from(body).toString() }
}
