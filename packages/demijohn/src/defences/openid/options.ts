/** What an application says about a provider. Checked at start, then frozen. */
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { isLoopback } from './address.ts'

export type OpenIdOptions = {
  /** In paths and in the database: small letters, digits and `-`. */
  readonly id: string
  /** For people, on buttons: at most 40 characters. */
  readonly name: string
  /** `https://…`, exactly as it stands in the provider's metadata. */
  readonly issuer: string
  readonly clientId: string
  /** From the environment: `openIdClientSecret(process.env)`. */
  readonly clientSecret: { readonly reveal: () => string }
}

const names: ReadonlySet<string> = new Set(['id', 'name', 'issuer', 'clientId', 'clientSecret'])
const idShape = /^[a-z][a-z0-9-]{0,30}$/
/** RFC 6749 appendix A.1: printable ASCII. */
const clientIdShape = /^[\x20-\x7e]{1,256}$/

/** @throws Misconfiguration with everything that is wrong; never with the secret. */
export function openIdOptions(given: OpenIdOptions): OpenIdOptions {
  const at = `openIdProvider(${JSON.stringify(given.id)})`
  const problems = Object.keys(given)
    .filter((name) => !names.has(name))
    .map((name) => `${at}: ${name} is not an option; remove it`)
  if (!idShape.test(given.id)) {
    problems.push(`${at}: write the id in small letters, digits and -, as in example`)
  }
  if (given.name.trim() === '' || given.name.length > 40 || /\p{C}/u.test(given.name)) {
    problems.push(`${at}: name is shown to people; write 1 to 40 characters`)
  }
  const issuer = issuerProblem(given.issuer)
  if (issuer !== undefined) problems.push(`${at}: ${issuer}`)
  if (!clientIdShape.test(given.clientId)) {
    problems.push(`${at}: clientId is what the provider calls this site; copy it from there`)
  }
  if (given.clientSecret.reveal().length < 16) {
    problems.push(`${at}: clientSecret is shorter than 16 characters; have the provider make one`)
  }
  if (problems.length > 0) throw new Misconfiguration(problems)
  return Object.freeze({ ...given })
}

/** OpenID Connect Discovery section 3: https, without query and fragment. */
function issuerProblem(issuer: string): string | undefined {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined
  if (url === undefined || !/^[\x21-\x7e]+$/.test(issuer)) return 'issuer is no address'
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) {
    return 'issuer has to be https'
  }
  // `#` and `?` alone leave no trace in `hash` and `search`.
  if (/[?#]/.test(issuer) || url.username !== '' || url.password !== '') {
    return 'issuer has no query, fragment, name or password'
  }
  if (url.href !== issuer && url.href !== `${issuer}/`) {
    return `issuer is not in its plain form; write ${url.origin}…`
  }
  return undefined
}

/** Plain http is for a provider on the developer's own machine, and nowhere else. */
export function startProblemsOf(
  providers: readonly { readonly id: string; readonly issuer: string }[],
  { isDevelopment }: { readonly isDevelopment: boolean },
): readonly string[] {
  if (isDevelopment) return []
  return providers
    .filter(({ issuer }) => !issuer.startsWith('https:'))
    .map(({ id }) => `openIdProvider(${JSON.stringify(id)}): in production issuer has to be https`)
}
