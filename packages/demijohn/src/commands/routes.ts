import { styleText } from 'node:util'
import type { RouteVerdicts, Verdict } from '../pipeline/verdicts.ts'
import { type Project, projectRoutes } from '../serve/application.ts'
import { misunderstood } from './help.ts'

const marks: Readonly<
  Record<Verdict, { readonly text: string; readonly style: 'green' | 'yellow' | 'dim' }>
> = {
  allowed: { text: 'yes', style: 'green' },
  own: { text: 'own', style: 'yellow' },
  refused: { text: '·', style: 'dim' },
  'sign-in': { text: '·', style: 'dim' },
}

/** Prints every route × role: `yes`, `own` (on objects of the person's own), or a dot for no. */
export function routesCommand(project: Project, options: readonly string[]): number {
  const [option, ...more] = options
  if (more.length > 0 || (option !== undefined && option !== '--json')) {
    return misunderstood('routes takes --json or nothing')
  }
  const routes = projectRoutes(project)
  if (option === '--json') process.stdout.write(`${JSON.stringify(routes, null, 2)}\n`)
  else process.stdout.write(table(routes, ['anonymous', ...project.roles.names]))
  return 0
}

/** In the words of who reads it. */
const credentials: ReadonlyMap<string, string> = new Map([
  ['session', 'cookie'],
  ['bearer', 'token'],
  ['none', '-'],
])

function table(routes: readonly RouteVerdicts[], roles: readonly string[]): string {
  const sorted = [...routes].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  const width = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length))
  const path = width(['route', ...sorted.map((route) => route.path)])
  const access = width(['access', ...sorted.map((route) => route.access)])
  const method = width(sorted.map((route) => route.method))
  const head = [
    ' '.repeat(method),
    'route'.padEnd(path),
    'with  ',
    'access'.padEnd(access),
    ...roles,
  ].join('  ')
  const rows = sorted.map((route) => {
    const verdicts = roles.map((role) => {
      const { text, style } = marks[route.verdicts[role] ?? 'refused']
      return styleText(style, text.padEnd(role.length))
    })
    const limits = styleText('dim', route.limits.join(', '))
    return [
      route.method.padEnd(method),
      route.path.padEnd(path),
      (credentials.get(route.credential) ?? route.credential).padEnd(6),
      route.access.padEnd(access),
      ...verdicts,
      limits,
    ]
      .join('  ')
      .trimEnd()
  })
  const note =
    'with: how a caller proves who they are · yes: may enter · own: on objects of their own · dot: refused · at the end: limits'
  return `${styleText('bold', head)}\n${rows.join('\n')}\n\n${styleText('dim', note)}\n`
}
