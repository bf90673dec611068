/** Prints the OpenAPI document of an API, for whoever makes a client from it. */

import { type ProjectApi, projectApis } from '../serve/apis.ts'
import type { Project } from '../serve/application.ts'
import { misunderstood } from './help.ts'

/** Gives the exit code: 1 where there is no such API. */
export function openApiCommand(project: Project, options: readonly string[]): number {
  const read = readOptions(options)
  if (read === undefined) return misunderstood('openapi takes a prefix, --origin URL, or nothing')
  const apis = projectApis(project)
  const wanted = apis.filter(({ prefix }) => read.prefix === undefined || prefix === read.prefix)
  const [only, ...more] = wanted
  if (only === undefined || more.length > 0) {
    process.stderr.write(`demijohn: ${whyNot(apis, read.prefix)}\n`)
    return 1
  }
  process.stdout.write(`${JSON.stringify(only.document(read.origin), null, 2)}\n`)
  return 0
}

type Options = { readonly prefix: string | undefined; readonly origin: string }

function readOptions(words: readonly string[]): Options | undefined {
  const at = words.indexOf('--origin')
  const address = at === -1 ? undefined : words[at + 1]
  const rest = at === -1 ? words : words.toSpliced(at, 2)
  const [prefix, ...more] = rest
  if (more.length > 0 || (prefix !== undefined && !prefix.startsWith('/'))) return undefined
  if (at === -1) return { prefix, origin: '' }
  const url = address === undefined ? null : URL.parse(address)
  return url !== null && url.origin === address ? { prefix, origin: address } : undefined
}

function whyNot(apis: readonly ProjectApi[], prefix: string | undefined): string {
  if (apis.length === 0) return 'the project has no API; write one with api(…) of its kit'
  const known = apis.map((one) => `${one.prefix} (${one.title})`).join(', ')
  return prefix === undefined
    ? `there are several APIs; name one: ${known}`
    : `there is no API at ${prefix}; there is ${known}`
}
