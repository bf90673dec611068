/**
 * Which other origins may use a blueprint from a browser, checked at start. There is no wildcard, no
 * pattern and no way to send cookies along: an origin is written out, or it is not let in.
 */
import { Misconfiguration } from '../../core/misconfiguration.ts'

export type CorsOptions = {
  /** As browsers write them: `https://app.example.org`. */
  readonly allowedOrigins: readonly string[]
}

/** They are compared one after the other, and who needs more has a list that nobody reads. */
const maxOrigins = 100

/** Letters, digits and dashes between dots: no trailing dot, and no `*`, which URL takes for a name. */
const hostShape = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])$/
const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** What is wrong with it; undefined for an origin in its serialised form (RFC 6454 section 6.2). */
function problemOf(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is not an origin'
  const { origin, protocol, hostname } = new URL(text)
  if (origin !== text || !hostShape.test(hostname)) return 'is not an origin as browsers write it'
  if (protocol === 'https:' || (protocol === 'http:' && loopbackHosts.has(hostname))) {
    return undefined
  }
  return 'can be changed by anybody on the way to it'
}

/**
 * Checks and freezes. `where` names the blueprint in what is thrown.
 * @throws Misconfiguration for every origin that is not `https://host[:port]` (`http` for loopback
 * names alone) in its serialised form, for one that stands twice, and for options that do not exist.
 */
export function corsOptions(given: CorsOptions, where: string): CorsOptions {
  const unknown = Object.keys(given).filter((name) => name !== 'allowedOrigins')
  const problems = unknown.map(
    (name) => `cors of ${where}: there is no option "${name}". There is allowedOrigins.`,
  )
  const origins = [...given.allowedOrigins]
  if (origins.length === 0) {
    problems.push(`cors of ${where}: allowedOrigins is empty. Name an origin, or leave cors out.`)
  }
  if (origins.length > maxOrigins) {
    problems.push(`cors of ${where}: over ${maxOrigins} origins. Give the others a proxy.`)
  }
  for (const [at, origin] of origins.entries()) {
    const problem = origins.indexOf(origin) === at ? problemOf(origin) : 'stands there twice'
    if (problem !== undefined) {
      problems.push(
        `cors of ${where}: ${JSON.stringify(origin)} ${problem}. Write https://host[:port] in lower case, without a path, a trailing dot or a default port; http is for localhost alone.`,
      )
    }
  }
  if (problems.length > 0) throw new Misconfiguration(problems)
  return Object.freeze({ allowedOrigins: Object.freeze(origins) })
}
