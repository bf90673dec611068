/**
 * Reads what browsers report about violations of the policy (CSP 3 section 5, Reporting API).
 *
 * Anybody can send these, so they are bounded, never echoed, and only a closed set of clipped
 * fields reaches the log: of addresses the origin alone, for paths and queries may hold secrets.
 */
import type { EventFacts } from '../watch/log.ts'

const maxReports = 10

export function readReports(text: string): readonly EventFacts[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return []
  }
  const reports = Array.isArray(parsed) ? parsed.slice(0, maxReports) : [parsed]
  return reports.flatMap((report) => {
    const body = property(report, 'csp-report') ?? property(report, 'body')
    if (body === undefined) return []
    return [
      {
        directive: word(
          property(body, 'effective-directive') ?? property(body, 'effectiveDirective'),
        ),
        blocked: originOf(property(body, 'blocked-uri') ?? property(body, 'blockedURL')),
        disposition: word(property(body, 'disposition')),
      },
    ]
  })
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return Object.getOwnPropertyDescriptor(value, name)?.value
}

/** A keyword such as `script-src-elem`; anything else is of no use to a reader. */
function word(value: unknown): string {
  return typeof value === 'string' && /^[a-z][a-z-]{0,40}$/.test(value) ? value : 'unknown'
}

function originOf(value: unknown): string {
  if (typeof value !== 'string' || value.length > 2048) return 'unknown'
  if (/^[a-z][a-z-]{0,40}$/.test(value)) return value
  return URL.canParse(value) ? new URL(value).origin.slice(0, 100) : 'unknown'
}
