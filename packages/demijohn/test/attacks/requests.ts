/**
 * A grammar of requests, from ordinary to absurd, driven by one seed so that every failure can be had
 * again. Most parts are good, a few are bent: only so do requests get past the first step.
 */

/** mulberry32: small, and good enough to walk a grammar. Nothing secret comes from it. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export type Person = {
  /** The Cookie header. */
  readonly cookie: string
  readonly formToken: string
}

export type Made = {
  readonly method: string
  readonly target: string
  readonly httpVersion: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer | undefined
  readonly chunks: number
}

const paths = [
  '/',
  '/search',
  '/styled',
  '/feed',
  '/boom-not',
  '/read',
  '/me',
  '/admin',
  '/admin/people',
  '/write',
  '/contact',
  '/fields',
  '/wipe',
  '/login',
  '/logout',
  '/account/password',
  '/account/email',
  '/csp-reports',
  '/static/site.css',
  '/robots.txt',
  '/nowhere',
  '/notes/019b76da-a800-7000-8000-000000000001',
  '/notes/019b76da-a800-7000-8000-000000000001/edit',
  '/notes/x',
  '/setup/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  '/welcome/x',
  '/admin/people/019b76da-a800-7000-8000-0000000000ff/role',
]
const queries = [
  '',
  '',
  '',
  '?',
  '?q=a',
  '?q=%',
  '?q=%C3%A9&page=2',
  '?page=0',
  '?next=/me',
  '?next=//evil',
  '?__proto__=1',
  '?a[b]=c',
  '?q=a&q=b',
  '?%00',
  '?&&&',
  '?=',
  '?q',
  '?x#y',
]
const scraps = [
  '%00',
  '%2F',
  '%5c',
  '//',
  '/../',
  '..',
  ';x',
  '%',
  '%zz',
  '%C3%28',
  '\0',
  '\r\n',
  ' ',
  '\t',
  '\u00e9',
  '\u{1f600}',
  '\ud800',
  '"',
  "'",
  '<script>',
  '{{',
  '${',
  '\\',
  '__proto__',
  'constructor',
  '%25',
  '#',
  '*',
  '&',
  '=',
  '+',
  'a'.repeat(300),
  '\u007f',
  '\u2028',
]
const methods = [
  'GET',
  'GET',
  'GET',
  'POST',
  'POST',
  'POST',
  'HEAD',
  'OPTIONS',
  'PUT',
  'DELETE',
  'PATCH',
  'TRACE',
  'get',
  'FOO',
  '',
]
const ownType = 'application/x-www-form-urlencoded'
const ownOrigin = 'https://site.example'
const fetchSites = ['none', 'cross-site', 'same-site', 'SAME-ORIGIN', '']
const origins = [
  'https://site.example',
  'https://site.example',
  'http://localhost',
  'null',
  'https://evil.example',
  '',
  'x',
]
const types = [
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=utf-8',
  'application/json',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/csp-report',
  'application/reports+json',
  '',
  ';',
  'a/b;c=d;c=d',
]
const names = [
  'accept',
  'accept-encoding',
  'if-none-match',
  'range',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-original-url',
  'x-http-method-override',
  'authorization',
  'referer',
  'user-agent',
  'sec-fetch-mode',
  'content-encoding',
  'transfer-encoding',
  'content-length',
  'expect',
  'upgrade',
  'host',
  'cookie',
  '__proto__',
  'constructor',
  'x y',
  '',
  'te',
  'via',
  'connection',
]
const values = [
  '',
  '*',
  'gzip;q=1.0, br',
  '"abc", W/"def"',
  'bytes=0-1',
  '127.0.0.1',
  '::1, evil',
  'chunked',
  '5',
  '-1',
  'Basic Og==',
  'Bearer x.y.z',
  '100-continue',
  'close',
  'upgrade',
  'identity;q=0, *;q=0',
  'no-cache',
  '/admin',
  'DELETE',
]
const fields = [
  'kind',
  'line',
  'prose',
  'age',
  'agreed',
  'message',
  'title',
  'body',
  'role',
  'email',
  'currentPassword',
  'newPassword',
  '__proto__',
  'a[b]',
  'x',
  '',
]
const texts = [
  'tea',
  'x',
  '1',
  '-5',
  '99999999999999999999',
  '',
  'on',
  'a@site.example',
  '%C3%A9',
  '%E2%80%AE',
  '<b>',
  "' OR 1=1 --",
  '%0D%0A',
  '%F0%9F%98%80',
  'a'.repeat(5000),
]

function typeOf(path: string): string {
  return path === '/csp-reports' ? 'application/csp-report' : ownType
}

/** What the form of a path would send; most bodies begin as this. */
const goodForms: Readonly<Record<string, string>> = {
  '/fields': 'kind=tea&line=hello&age=7',
  '/write': 'title=A+title',
  '/contact': 'message=hello',
  '/notes/019b76da-a800-7000-8000-000000000001/edit': 'body=x',
}

export function requestMaker(random: () => number, people: readonly Person[]): () => Made {
  const pick = <T>(from: readonly [T, ...T[]] | readonly T[]): T => {
    const found = from[Math.floor(random() * from.length)]
    if (found === undefined) throw new RangeError('nothing to pick from')
    return found
  }
  const chance = (share: number): boolean => random() < share

  /** Cuts, doubles, turns and fills in, once or a few times. */
  const bend = (text: string): string => {
    let bent = text
    for (let times = 1 + Math.floor(random() * 3); times > 0; times -= 1) {
      const at = Math.floor(random() * (bent.length + 1))
      const end = at + Math.floor(random() * 4)
      switch (Math.floor(random() * 5)) {
        case 0:
          bent = bent.slice(0, at) + pick(scraps) + bent.slice(at)
          break
        case 1:
          bent = bent.slice(0, at) + bent.slice(end)
          break
        case 2:
          bent = bent.slice(0, end) + bent.slice(at)
          break
        case 3:
          bent =
            bent.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + bent.slice(at + 1)
          break
        default:
          bent = bent.slice(0, at) + bent.slice(at, end).toUpperCase() + bent.slice(end)
      }
    }
    return bent
  }
  const maybeBent = (text: string, share: number): string => (chance(share) ? bend(text) : text)

  const formOf = (person: Person, path: string): Buffer => {
    const pairs = chance(0.85) ? [`formToken=${maybeBent(person.formToken, 0.05)}`] : []
    const good = goodForms[path] ?? ''
    if (good !== '' && chance(0.7)) pairs.push(good)
    if (chance(0.75)) return Buffer.from(pairs.join('&'))
    for (let more = Math.floor(random() * 4); more > 0; more -= 1) {
      pairs.push(`${maybeBent(pick(fields), 0.1)}=${maybeBent(pick(texts), 0.1)}`)
    }
    if (chance(0.01)) pairs.push('a=1&'.repeat(Math.floor(random() * 400)))
    return Buffer.from(maybeBent(pairs.join('&'), 0.1), chance(0.9) ? 'utf8' : 'latin1')
  }

  const bodyOf = (person: Person, path: string): Buffer => {
    if (chance(0.9)) return formOf(person, path)
    const bytes = Buffer.alloc(Math.floor(random() * 400))
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = Math.floor(random() * 256)
    return bytes
  }

  return () => {
    const person = pick(people)
    const path = pick(paths)
    const takesForm = goodForms[path] !== undefined || path === '/csp-reports'
    const usual = takesForm && chance(0.6) ? 'POST' : 'GET'
    const method = chance(0.85) ? usual : maybeBent(pick(methods), 0.05)
    const query = chance(0.6) ? '' : pick(queries)
    const target = maybeBent(path, 0.1) + maybeBent(query, 0.05)
    const headers: [string, string][] = []
    if (chance(0.98))
      headers.push(['host', chance(0.97) ? 'site.example' : maybeBent('site.example', 1)])
    if (person.cookie !== '') headers.push(['cookie', maybeBent(person.cookie, 0.05)])
    let body: Buffer | undefined
    if (method === 'POST' || chance(0.05)) {
      body = bodyOf(person, path)
      headers.push(['content-type', maybeBent(chance(0.75) ? typeOf(path) : pick(types), 0.05)])
      if (chance(0.95))
        headers.push([
          'content-length',
          String(chance(0.97) ? body.length : pick([0, 1, body.length + 1, 1e9])),
        ])
      else headers.push(['transfer-encoding', maybeBent('chunked', 0.1)])
      if (chance(0.8))
        headers.push(['origin', maybeBent(chance(0.75) ? ownOrigin : pick(origins), 0.02)])
      if (chance(0.6))
        headers.push(['sec-fetch-site', chance(0.8) ? 'same-origin' : pick(fetchSites)])
    }
    for (let more = chance(0.4) ? Math.floor(random() * 5) : 0; more > 0; more -= 1) {
      headers.push([maybeBent(pick(names), 0.1), maybeBent(pick(values), 0.2)])
    }
    if (chance(0.005)) for (let at = 0; at < 150; at += 1) headers.push([`x-${at}`, 'x'])
    const httpVersion = chance(0.99) ? '1.1' : pick(['1.0', '2.0', '0.9', '', '1.1 '])
    return { method, target, httpVersion, headers, body, chunks: 1 + Math.floor(random() * 3) }
  }
}
