/**
 * Static files, read once at start and kept in memory with their compressed forms.
 *
 * Stops: path traversal, dotfiles, listings, files of a kind nobody meant to publish (ASVS 13.4.1,
 * 13.4.3, 13.4.7): a request can only name a key of this table, it never reaches the file system.
 * Bounded: a folder over the limits is refused at start.
 *
 * The library's own files (packages/demijohn/static) stand beside the project's, under `demijohn/`.
 */
import { hash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix, relative } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { Misconfiguration } from '../core/misconfiguration.ts'

export type Asset = {
  readonly name: string
  readonly type: string
  /** Strong entity tag (RFC 9110 section 8.8.3): SHA-256 of the content. */
  readonly etag: string
  readonly identity: Buffer
  readonly gzip: Buffer | undefined
  readonly brotli: Buffer | undefined
}

export type Assets = {
  /** By plain name (`press.css`) or by hashed name (`press.0f3a….css`). */
  readonly find: (name: string) => { readonly asset: Asset; readonly hashed: boolean } | undefined
  /** The hashed name, for links that may be cached for ever. Throws for a file that is not there. */
  readonly hashedName: (name: string) => string
  readonly names: readonly string[]
}

/** What may be published, by ending: anything else in the folder is refused at start. */
const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  webp: 'image/webp',
  avif: 'image/avif',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  txt: 'text/plain; charset=utf-8',
  webmanifest: 'application/manifest+json',
}
const compressible = new Set(['css', 'js', 'svg', 'txt', 'webmanifest', 'ico'])
const nameShape = /^[a-zA-Z0-9][a-zA-Z0-9_-]*(\.[a-zA-Z0-9][a-zA-Z0-9_-]*)*$/
const maxFileBytes = 8 * 1024 * 1024
const maxTotalBytes = 64 * 1024 * 1024

const ownFolder = join(import.meta.dirname, '../../static')
const ownPrefix = 'demijohn'

type Source = { readonly path: string; readonly name: string }

/**
 * Reads a folder and the folders below it. A file is known by its path in the folder
 * (`fonts/serif.woff2`) and by the same path with its content's hash before the ending.
 */
export function loadAssets(folder: string | undefined): Assets {
  const byName = new Map<string, { readonly asset: Asset; readonly hashed: boolean }>()
  const hashedNames = new Map<string, string>()
  let totalBytes = 0
  // Style sheets last: they name other files, by then hashed.
  for (const { path, name } of [...sourcesOf(folder)].sort(byStyleSheetLast)) {
    const asset = readAsset(path, name, hashedNames)
    totalBytes += asset.identity.length
    if (totalBytes > maxTotalBytes) {
      throw new Misconfiguration([
        `static files in ${folder} exceed 64 MiB; serve large files as uploads`,
      ])
    }
    const dot = name.lastIndexOf('.')
    const hashed = `${name.slice(0, dot)}.${asset.etag.slice(1, 17)}${name.slice(dot)}`
    if (byName.has(name) || byName.has(hashed)) {
      throw new Misconfiguration([`${path} has the hashed name of another file; rename it`])
    }
    byName.set(name, { asset, hashed: false })
    byName.set(hashed, { asset, hashed: true })
    hashedNames.set(name, hashed)
  }
  return {
    find: (name) => byName.get(name),
    hashedName: (name) => {
      const found = hashedNames.get(name)
      if (found === undefined) {
        throw new TypeError(`there is no static file called ${name}; add it to ${folder}`)
      }
      return found
    },
    names: [...hashedNames.keys()],
  }
}

function sourcesOf(folder: string | undefined): readonly Source[] {
  const own = filesBelow(ownFolder).map((path) => ({
    path,
    name: `${ownPrefix}/${relative(ownFolder, path)}`,
  }))
  if (folder === undefined) return own
  const theirs = filesBelow(requireFolder(folder)).map((path) => ({
    path,
    name: relative(folder, path),
  }))
  const taken = theirs.find(({ name }) => name.startsWith(`${ownPrefix}/`))
  if (taken === undefined) return [...own, ...theirs]
  throw new Misconfiguration([
    `${taken.path} stands where the library's own files are served; rename the folder`,
  ])
}

function byStyleSheetLast({ name: a }: Source, { name: b }: Source): number {
  return Number(a.endsWith('.css')) - Number(b.endsWith('.css')) || (a < b ? -1 : 1)
}

/** `url(fonts/serif.woff2)` becomes the hashed name, so that what a style sheet names is kept for ever too. */
function withHashedNames(
  css: string,
  folder: string,
  hashedNames: ReadonlyMap<string, string>,
): string {
  return css.replaceAll(
    /url\((["']?)([a-zA-Z0-9_./-]{1,200})\1\)/g,
    (whole, quote: string, name: string) => {
      const hashed = hashedNames.get(posix.join(folder, name))
      return hashed === undefined ? whole : `url(${quote}${posix.relative(folder, hashed)}${quote})`
    },
  )
}

function requireFolder(folder: string): string {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder
  throw new Misconfiguration([`staticFolder ${folder} is no folder; make it, or leave it out`])
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.'))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return filesBelow(path)
      if (entry.isFile()) return [path]
      throw new Misconfiguration([
        `${path} is neither a file nor a folder; static files may not be links`,
      ])
    })
}

function readAsset(path: string, name: string, hashedNames: ReadonlyMap<string, string>): Asset {
  const ending = name.slice(name.lastIndexOf('.') + 1)
  const type = types[ending]
  if (type === undefined || !name.split('/').every((segment) => nameShape.test(segment))) {
    throw new Misconfiguration([
      `${path} is not a kind of file that may be published; move it out, or add its type to pipeline/assets.ts`,
    ])
  }
  if (name.split('/').length > 2) {
    throw new Misconfiguration([
      `${path} is too deep to be served; keep files in the folder or one below it`,
    ])
  }
  if (statSync(path).size > maxFileBytes) {
    throw new Misconfiguration([`${path} is over 8 MiB; serve large files as uploads`])
  }
  const content = readFileSync(path)
  const identity =
    ending === 'css'
      ? Buffer.from(withHashedNames(content.toString('utf8'), posix.dirname(name), hashedNames))
      : content
  const compress = compressible.has(ending) && identity.length > 512
  return Object.freeze({
    name,
    type,
    etag: `"${hash('sha256', identity, 'hex').slice(0, 32)}"`,
    identity,
    gzip: compress ? gzipSync(identity, { level: 9 }) : undefined,
    brotli: compress ? brotliCompressSync(identity, brotli) : undefined,
  })
}

// Quality 9 takes a few milliseconds for a style sheet at start; 11 takes ten times that for 3 %.
const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }
