/**
 * The routes that the library adds to every site: static files, a place for browsers to report
 * violations of the content security policy to, and whether the process is alive. They walk the same path as all others; no
 * cookie is read for them, so they neither depend on who is asking nor may they change anything.
 */
import { refuse } from '../core/refusals.ts'
import { type SiteLimitOptions, siteLimitOptions } from '../defences/limits/options.ts'
import type { Log } from '../watch/log.ts'
import type { LibraryAnswer } from './answer.ts'
import type { Assets } from './assets.ts'
import { type CompiledRoute, compileRoute } from './compile.ts'
import { readReports } from './reports.ts'
import type { RouteRecord } from './route.ts'

export const assetPrefix = '/static'
export const reportPath = '/csp-reports'
/** Answers for as long as the process does, however much there is to do; 503 while it stops. */
export const healthPath = '/health'

export function libraryRoutes(
  assets: Assets,
  log: Log | undefined,
  { staticFiles }: SiteLimitOptions = siteLimitOptions(),
): readonly CompiledRoute[] {
  const atRoot = rootNames.filter((name) => assets.find(name) !== undefined)
  return [
    assetRoute(`${assetPrefix}/:name`, ({ name = '' }) => assets.find(name)),
    assetRoute(`${assetPrefix}/:folder/:name`, ({ folder, name }) =>
      assets.find(`${folder}/${name}`),
    ),
    ...atRoot.map((name) => assetRoute(`/${name}`, () => assets.find(name))),
    reportRoute(log),
    healthRoute,
  ].map((record) => compileRoute(record, staticFiles))
}

/** Files that the world asks for at the root, whatever a page says. */
const rootNames = ['favicon.ico', 'apple-touch-icon.png', 'robots.txt']

const anyone = Object.freeze({ kind: 'anyone' })
const empty: Omit<RouteRecord, 'path' | 'method' | 'body' | 'handle'> = {
  credential: 'none',
  access: anyone,
  params: {},
  query: {},
  fields: undefined,
  limits: [],
  load: undefined,
  initial: undefined,
  page: undefined,
  api: undefined,
}

function assetRoute(
  path: string,
  find: (params: Readonly<Record<string, string>>) => ReturnType<Assets['find']>,
): RouteRecord {
  return {
    ...empty,
    path,
    method: 'GET',
    body: 'none',
    params: Object.fromEntries(
      ['folder', 'name']
        .filter((name) => path.includes(`:${name}`))
        .map((name) => [name, fileName]),
    ),
    handle: ({ params }: { readonly params: Readonly<Record<string, string>> }): LibraryAnswer => {
      const found = find(params)
      return found === undefined ? refuse('route.unknown') : { kind: 'asset', ...found }
    },
  }
}

/** A name of a file at most; the table of assets is what decides. */
const fileName: RouteRecord['params'][string] = {
  '~standard': {
    version: 1,
    vendor: 'demijohn',
    validate: (value) =>
      typeof value === 'string' && value.length <= 128
        ? { value }
        : { issues: [{ message: 'not the name of a file' }] },
  },
}

const healthRoute: RouteRecord = {
  ...empty,
  path: healthPath,
  method: 'GET',
  body: 'none',
  handle: (): LibraryAnswer => ({ kind: 'healthy' }),
}

function reportRoute(log: Log | undefined): RouteRecord {
  return {
    ...empty,
    path: reportPath,
    method: 'POST',
    body: 'report',
    limits: ['60 per minute'],
    handle: ({ report }: { readonly report: string | undefined }): LibraryAnswer => {
      for (const facts of readReports(report ?? '')) log?.event('malicious_csp_violation', facts)
      return { kind: 'accepted' }
    },
  }
}
