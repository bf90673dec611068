/** The application's own code, and what it answered made ready for the wire. */
import { isRefusal, type Refusal, refuse } from '../../core/refusals.ts'
import type { SessionRecord } from '../../defences/sessions/types.ts'
import { tookDecoy } from '../../html/decoy.ts'
import { formView, parseFields } from '../../html/form.ts'
import { Html } from '../../html/template.ts'
import type { SecurityEvent } from '../../watch/events.ts'
import type { EventFacts } from '../../watch/log.ts'
import { type Answer, documentTypes, type LibraryAnswer } from '../answer.ts'
import { handleApi } from '../api/handle.ts'
import { handleProgram } from '../api/program.ts'
import { preflightReply } from '../api/reply.ts'
import { deviceControl, userAgentOf } from '../deviceControl.ts'
import { flowControl } from '../flowControl.ts'
import { signalsOf } from '../hear.ts'
import type {
  Arrival,
  Parts,
  WithBody,
  WithClient,
  WithCredential,
  WithHead,
  WithInput,
  WithMatch,
  WithReply,
  WithResource,
  WithVerdict,
} from '../parts.ts'
import {
  acceptedReply,
  assetReply,
  dataReply,
  documentReply,
  downloadReply,
  elsewhereReply,
  healthyReply,
  redirectReply,
} from '../reply.ts'
import type { FailedSubmit } from '../route.ts'
import { sessionControl } from '../sessionControl.ts'
import type { Step } from '../step.ts'
import { viewOf } from '../view.ts'

type Known = Arrival &
  WithHead &
  WithClient &
  WithMatch &
  WithCredential &
  WithVerdict &
  WithInput &
  WithBody &
  WithResource

/** Calls the handler with what it declared and nothing else, and renders its answer. */
export function handle(parts: Parts): Step<Known, WithReply> {
  return {
    name: 'handle',
    run: (known) => {
      const { session, match, head } = known
      if (head.method === 'OPTIONS') return preflightReply(parts, known)
      const { api, program } = match.route.record
      if (api !== undefined) return handleApi(parts, known, api)
      if (program !== undefined) return handleProgram(parts, known, program)
      if (session === null || session.notice === null || known.head.method !== 'GET') {
        return dispatch(parts, known, null)
      }
      return showNotice(parts, known, session)
    },
  }
}

/**
 * A notice is for the next page that is looked at: of any number of pages that are asked for at once
 * one gets it, and what turns out to be a redirect, a feed, a refusal or a fault gives it back.
 */
async function showNotice(
  parts: Parts,
  known: Known,
  session: SessionRecord,
): Promise<WithReply | Refusal> {
  const taken = await parts.sessions.takeNotice(session)
  if (taken === null) return dispatch(parts, known, null)
  let isShown = false
  try {
    const handled = await dispatch(parts, known, taken)
    isShown = !isRefusal(handled) && handled.reply.headers.includes(documentTypes.page)
    return handled
  } finally {
    if (!isShown) await parts.sessions.setNotice(session.id, taken)
  }
}

type Handled = WithReply | Refusal | Promise<WithReply | Refusal>

function dispatch(parts: Parts, known: Known, notice: string | null): Handled {
  const { record } = known.match.route
  const facts = factsFor(parts, known, notice)
  if (known.head.method === 'POST') return submit(parts, known, facts)
  if (record.page !== undefined) {
    const values = record.initial?.(facts as never) ?? {}
    const form = formView(record.fields ?? {}, { values: present(values) })
    return answerWith(parts, known, record.page({ ...facts, form } as never))
  }
  if (record.handle === undefined) throw new TypeError(`${known.match.route.id} has no handler`)
  if (record.landing !== undefined) return land(parts, known, { ...facts, handle: record.handle })
  return answerWith(parts, known, record.handle(facts as never))
}

function land(
  parts: Parts,
  known: Known,
  {
    handle,
    ...facts
  }: ReturnType<typeof factsFor> & {
    readonly handle: NonNullable<Known['match']['route']['record']['handle']>
  },
): Handled {
  const { head } = known
  if (head.method !== 'GET') return refuse('route.method', { headers: { Allow: 'GET' } })
  const from = {
    fetchSite: head.headers.get('sec-fetch-site'),
    fetchDest: head.headers.get('sec-fetch-dest'),
  }
  const writing = { ...writingFor(parts, known), flow: flowControl(parts, known) }
  return answerWith(parts, known, handle({ ...facts, ...from, ...writing } as never))
}

/** What handlers are given that may write. */
function writingFor(parts: Parts, known: Known) {
  return {
    session: sessionControl(parts, known),
    clientAddress: known.clientAddress,
    userAgent: userAgentOf(known.head),
    device: deviceControl(parts, known),
    mail: parts.mail,
    signals: signalsOf(parts.sentinel, known),
    record: (event: SecurityEvent, about: EventFacts) => {
      const { requestId, session } = known
      parts.log.event(event, { requestId, userId: session?.accountId, ...about })
    },
  }
}

function factsFor(parts: Parts, known: Known, notice: string | null) {
  const { params, query, resource, user, now } = known
  const { db, sealed, secondFactorRoles, sessionsReader: sessions, tokens } = parts
  const sessionId = known.session?.id ?? null
  const view = viewOf(parts, known, notice)
  return {
    params,
    query,
    resource,
    user,
    db,
    now,
    sealed,
    secondFactorRoles,
    sessions,
    tokens,
    sessionId,
    view,
  }
}

/** Fields first; the handler runs on values alone, and a form with errors is shown again. */
async function submit(
  parts: Parts,
  known: Known,
  facts: ReturnType<typeof factsFor>,
): Promise<WithReply | Refusal> {
  const { record } = known.match.route
  const raw = known.form ?? new Map<string, string>()
  const parsed = parseFields(record.fields ?? {}, raw)
  if (!parsed.ok) {
    if (tookDecoy(record.fields ?? {}, raw)) signalsOf(parts.sentinel, known).decoyFilled()
    return showAgain(parts, known, facts, { raw, errors: parsed.errors })
  }
  if (record.handle === undefined) throw new TypeError(`${known.match.route.id} has no handler`)
  const answer = await record.handle({
    ...facts,
    values: parsed.values,
    report: known.report,
    ...writingFor(parts, known),
    fail: (
      errors: FailedSubmit['errors'],
      wait: Pick<FailedSubmit, 'retryAfterSeconds'> = {},
    ): FailedSubmit => ({ kind: 'failed', errors, ...wait }),
  } as never)
  if ('kind' in answer && answer.kind === 'failed') {
    const { retryAfterSeconds } = answer
    return showAgain(parts, known, facts, {
      raw,
      errors: present(answer.errors),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    })
  }
  return answerWith(parts, known, answer)
}

async function showAgain(
  parts: Parts,
  known: Known,
  facts: ReturnType<typeof factsFor>,
  failed: {
    readonly raw: ReadonlyMap<string, string>
    readonly errors: Readonly<Record<string, string>>
    readonly retryAfterSeconds?: number
  },
): Promise<WithReply | Refusal> {
  const { raw, errors, retryAfterSeconds } = failed
  const { fields, page } = known.match.route.record
  const [field = ''] = Object.keys(errors)
  if (page === undefined) return refuse('input.invalid', { field })
  const form = formView(fields ?? {}, {
    values: Object.fromEntries(raw),
    errors,
  })
  const answer = await page({ ...facts, form } as never)
  if (!(answer instanceof Html)) return answerWith(parts, known, answer)
  const status = retryAfterSeconds === undefined ? 422 : 429
  const reply = documentReply(parts, known, { markup: answer, status, type: 'page' })
  if (retryAfterSeconds === undefined) return { reply, invalid: true }
  const headers = [...reply.headers, 'Retry-After', String(retryAfterSeconds)]
  return { reply: { ...reply, headers }, invalid: true }
}

function present(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(values)) if (value !== undefined) out[name] = value
  return out
}

type Given = Answer | LibraryAnswer | FailedSubmit

function answerWith(parts: Parts, known: Known, answer: Given | Promise<Given>): Handled {
  if (answer instanceof Promise) return answer.then((later) => toReply(parts, known, later))
  return toReply(parts, known, answer)
}

function toReply(parts: Parts, known: Known, answer: Given): Handled {
  if (isRefusal(answer)) return answer
  if (answer instanceof Html) {
    return {
      reply: documentReply(parts, known, { markup: answer, status: 200, type: 'page' }),
      invalid: false,
    }
  }
  switch (answer.kind) {
    case 'document':
      return { reply: documentReply(parts, known, answer), invalid: false }
    case 'download':
      return { reply: downloadReply(parts, known, answer), invalid: false }
    case 'redirect':
      return redirectReply(parts, known, answer).then((reply) => ({ reply, invalid: false }))
    case 'asset':
      return { reply: assetReply(parts, known, answer), invalid: false }
    case 'data':
      return { reply: dataReply(parts, known, answer), invalid: false }
    case 'elsewhere':
      return { reply: elsewhereReply(parts, known, answer), invalid: false }
    case 'accepted':
      return { reply: acceptedReply(parts, known), invalid: false }
    case 'healthy':
      return { reply: healthyReply(parts, known), invalid: false }
    case 'failed':
      throw new TypeError(
        `${known.match.route.id}: fail() belongs to a form; answer a page or a redirect`,
      )
  }
}
