/** One request to the API: the token, the errors, and a key so that a repeated write happens once. */
import { randomUUID } from 'node:crypto'
import { refreshed } from './login.ts'
import { readSession } from './session.ts'

/** What went wrong, in the site's own words (RFC 9457), or in ours where it does not answer. */
export class Problem extends Error {
  readonly code: string
  readonly detail: string

  constructor(facts: { readonly title: string; readonly detail: string; readonly code?: string }) {
    super(facts.title)
    this.code = facts.code ?? ''
    this.detail = facts.detail
  }
}

/** Calls the API, once more where the token was over. Throws a Problem for whatever is refused. */
export async function call<Answer>(method: string, path: string, json?: object): Promise<Answer> {
  const key = randomUUID()
  const session = await refreshed(readSession())
  const response = await send(`${session.site}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${session.accessToken}`,
      ...(json === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Idempotency-Key': `"${key}"` }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  return response as Answer
}

/** Sends a request and reads JSON. A site that is not there is a Problem as well. */
export async function send(url: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(url, { redirect: 'error', ...init }).catch(() => {
    throw new Problem({ title: 'The site does not answer', detail: `Is it running at ${url}?` })
  })
  const text = await response.text()
  const value = text === '' ? undefined : jsonOf(text)
  if (response.ok && value !== notJson) return value
  throw problemOf(value, response.status)
}

/** What something between here and the site has answered, such as a proxy's own page. */
const notJson = Symbol('not JSON')

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return notJson
    throw error
  }
}

function problemOf(value: unknown, status: number): Problem {
  const told = new Map(Object.entries(typeof value === 'object' && value !== null ? value : {}))
  const textOf = (...names: readonly string[]): string | undefined =>
    names.map((name) => told.get(name)).find((one) => typeof one === 'string')
  return new Problem({
    title: textOf('title', 'error_description', 'error') ?? `The site answered ${status}`,
    detail: textOf('detail') ?? '',
    code: textOf('code', 'error') ?? '',
  })
}
