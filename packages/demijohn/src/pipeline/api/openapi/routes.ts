/**
 * The routes that tell of an API: `/openapi.json` for programs and `/docs` for people, under its prefix.
 *
 * To show what an API can do is a choice (ASVS 13.4.5), so it has no default and is an access rule like
 * any other. Both are read in a browser, with a session: a token opens neither.
 */
import { hash } from 'node:crypto'
import { prerender } from '../../../html/template.ts'
import type { DataAnswer } from '../../answer.ts'
import type { CompiledRoute } from '../../compile.ts'
import type { RouteRecord, View } from '../../route.ts'
import type { ApiPolicy } from '../policy.ts'
import { openApiDocument } from './document.ts'
import { type Operation, operationsOf } from './operation.ts'
import { documentationPage } from './page.ts'

export type Documentation = {
  /** Checked and compiled together with the routes of the project. */
  readonly records: readonly RouteRecord[]
  /** Takes what they tell of, once it is compiled. */
  readonly describe: (routes: readonly CompiledRoute[]) => void
}

type Facts = { readonly view: View }

/** None where it is not served. */
export function createDocumentation(policy: ApiPolicy | undefined): Documentation {
  if (policy === undefined || policy.documentation === 'not served') {
    return { records: [], describe: () => undefined }
  }
  let operations: readonly Operation[] = []
  const json = madeOnce(({ origin }) => dataOf(policy, operations, origin))
  const page = madeOnce((view) => prerender(documentationPage(policy, operations, view)))
  const access = policy.documentation
  return {
    records: [
      recordOf(`${policy.prefix}/docs`, access, page),
      recordOf(`${policy.prefix}/openapi.json`, access, json),
    ],
    describe: (routes) => {
      operations = operationsOf(routes, policy)
      // At start rather than when somebody asks: what cannot be told is a fault of the code.
      dataOf(policy, operations, '')
    },
  }
}

/**
 * The same for everybody, so it is made for the first who asks. In development the origin follows the
 * name that was asked for: the last one is kept and no more.
 */
function madeOnce<Made>(make: (view: View) => Made): (facts: Facts) => Made {
  let last: { readonly origin: string; readonly made: Made } | undefined
  return ({ view }) => {
    if (last?.origin !== view.origin) last = { origin: view.origin, made: make(view) }
    return last.made
  }
}

/** The whole document as the bytes of an answer. */
function dataOf(policy: ApiPolicy, operations: readonly Operation[], origin: string): DataAnswer {
  const json = Buffer.from(
    `${JSON.stringify(openApiDocument(policy, operations, origin), null, 2)}\n`,
  )
  const etag = `"${hash('sha256', json, 'hex').slice(0, 32)}"`
  return Object.freeze({ kind: 'data', json, etag })
}

function recordOf(
  path: string,
  access: RouteRecord['access'],
  handle: NonNullable<RouteRecord['handle']>,
): RouteRecord {
  return Object.freeze({
    ...{ path, method: 'GET', credential: 'session', access, params: {}, query: {} },
    ...{ body: 'none', fields: undefined, limits: [], load: undefined },
    ...{ initial: undefined, page: undefined, handle, api: undefined },
  } as const)
}
