/** Options of the response headers, checked at start. There is no switch for a single header. */
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { isLocalPath, type LocalPath } from '../../web/localPath.ts'

export type HeaderOptions = {
  /** Whether browsers reach the site over TLS, here or at a trusted proxy. */
  readonly https: boolean
  /** Where browsers post violation reports: a path on this origin, without query. */
  readonly reportPath: string
  /**
   * Weakens `img-src`: foreign https origins whose images pages may show. Those origins learn who
   * looks, and have to send `Cross-Origin-Resource-Policy: cross-origin`.
   */
  readonly imageSources?: readonly string[]
}

export type CheckedHeaderOptions = {
  readonly https: boolean
  readonly reportPath: LocalPath
  readonly imageSources: readonly string[]
}

const known: ReadonlySet<string> = new Set(['https', 'reportPath', 'imageSources'])

/** Throws Misconfiguration naming every problem. JavaScript callers get no types, so all is checked. */
export function checkHeaderOptions(options: HeaderOptions): CheckedHeaderOptions {
  const { https, reportPath, imageSources = [] } = options
  const problems = Object.keys(options)
    .filter((name) => !known.has(name))
    .map((name) => `headers: there is no option ${JSON.stringify(name)}`)
  if (typeof https !== 'boolean') problems.push('headers: https has to be true or false')
  if (!isReportPath(reportPath)) {
    problems.push('headers: reportPath has to be a plain path on this origin, such as /reports')
  }
  for (const source of imageSources) {
    if (!isHttpsOrigin(source)) {
      problems.push(
        `headers: image source ${JSON.stringify(source)} has to be an origin as https://images.example`,
      )
    }
  }
  if (problems.length > 0 || !isReportPath(reportPath)) throw new Misconfiguration(problems)
  return Object.freeze({ https, reportPath, imageSources: Object.freeze([...imageSources]) })
}

/** Quotes, commas and semicolons end a value in the two headers that the path stands in. */
function isReportPath(path: string): path is LocalPath {
  return typeof path === 'string' && /^[A-Za-z0-9/._-]+$/.test(path) && isLocalPath(path)
}

/** Letters, digits, dots and dashes only: `*`, which URL takes for a name, is no origin. */
function isHttpsOrigin(source: string): boolean {
  return (
    typeof source === 'string' &&
    /^https:\/\/[a-z0-9.-]+(?::\d{1,5})?$/.test(source) &&
    URL.canParse(source) &&
    new URL(source).origin === source
  )
}
