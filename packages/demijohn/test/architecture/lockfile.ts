/** What the lockfile says about where packages come from, and how many the library brings. */
export type Lockfile = {
  readonly packages: Readonly<Record<string, Entry>>
}
type Entry = {
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** An address of one registry in the lockfile would be asked by everybody who installs. */
export function addressProblems({ packages }: Lockfile): readonly string[] {
  return Object.entries(packages)
    .filter(([, { resolved }]) => resolved !== undefined && /^[a-z+]+:/.test(resolved))
    .map(([path, { resolved }]) => `${path} comes from ${resolved}`)
}

/** Without a hash, what is installed tomorrow need not be what was read today. */
export function integrityProblems({ packages }: Lockfile): readonly string[] {
  return Object.entries(packages)
    .filter(([path, entry]) => path.includes('node_modules/') && entry.link !== true)
    .filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true)
    .map(([path]) => `${path} has no SHA-512`)
}

/** Everything that comes along with the workspace at `from`, itself left out. */
export function productionTree({ packages }: Lockfile, from: string): readonly string[] {
  const found = new Set<string>()
  const visit = (path: string): void => {
    const entry = packages[path]
    const wanted = { ...entry?.dependencies, ...entry?.optionalDependencies }
    for (const name of Object.keys(wanted)) {
      const place = placeOf(packages, path, name)
      if (place === undefined) throw new TypeError(`${name}, wanted by ${path}, is not locked`)
      if (found.has(place)) continue
      found.add(place)
      visit(place)
    }
  }
  visit(from)
  return [...found].sort()
}

/** Node's way of looking: beside the package that asks, then one folder up, and so on. */
function placeOf(packages: Lockfile['packages'], from: string, name: string): string | undefined {
  for (let at = from; ; at = at.includes('/') ? at.slice(0, at.lastIndexOf('/')) : '') {
    const place = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (packages[place] !== undefined) return place
    if (at === '') return undefined
  }
}
