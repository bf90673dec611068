/** What every page may know, put together in one place. */

import { issueToken } from '../defences/csrf/token.ts'
import { createVisitor } from '../defences/csrf/visitor.ts'
import { type Html, renderBytes } from '../html/template.ts'
import { serialiseCookie } from '../web/cookies.ts'
import type { Arrival, Parts, WithCredential, WithHead } from './parts.ts'
import type { View } from './route.ts'

type Known = Partial<Arrival & WithHead & WithCredential>

export function viewOf(parts: Parts, known: Known, notice: string | null): View {
  const { head, session } = known
  const [origin = ''] = head === undefined ? [] : parts.originsOf(head)
  return {
    user: session?.stage === 'full' ? session.claimant : null,
    path: head?.path ?? '/',
    notice,
    origin,
    asset: parts.asset,
  }
}

/** A rendered page, and what its headers have to say about it. */
export type Rendered = {
  readonly bytes: Buffer
  readonly nonce: string | undefined
  readonly hasForm: boolean
}

/**
 * Renders markup for one person: the form tokens are bound to their session, or to a visitor's
 * cookie that is set only when a form is shown; the nonce exists only if something asks for it.
 */
export function renderFor(parts: Parts, known: Known, markup: Html): Rendered {
  let nonce: string | undefined
  let key: Buffer | undefined
  const bytes = renderBytes(markup, {
    nonce: () => {
      nonce ??= parts.random(16).toString('base64')
      return nonce
    },
    formToken: () => {
      key ??= formKeyFor(parts, known)
      return issueToken(key, parts.random)
    },
  })
  return { bytes, nonce, hasForm: key !== undefined }
}

function formKeyFor(parts: Parts, { effects, session, visitor }: Known): Buffer {
  // A handler that signed in or out has changed whose answer this is.
  const current = effects?.session === undefined ? session : effects.session
  if (current !== null && current !== undefined) return current.formKeys[0]
  if (visitor !== undefined) return parts.visitorKeysOf(visitor)[0]
  const fresh = createVisitor(parts.random)
  const { name, attributes } = parts.visitorCookie
  effects?.cookies.push(serialiseCookie({ name, value: fresh, secure: attributes.secure }))
  return parts.visitorKeysOf(fresh)[0]
}
