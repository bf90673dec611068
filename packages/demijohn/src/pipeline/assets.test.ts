import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { loadAssets } from './assets.ts'

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-assets-'))
  folders.push(folder)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

const long = 'p { color: rebeccapurple }\n'.repeat(100)

test('assets: a file is found by its name and by its hashed name, and is the same', () => {
  const assets = loadAssets(folderOf({ 'site.css': long, 'fonts/serif.woff2': 'font' }))
  const hex = createHash('sha256').update(long).digest('hex')
  assert.equal(assets.hashedName('site.css'), `site.${hex.slice(0, 16)}.css`)
  const plain = assets.find('site.css')
  const hashed = assets.find(assets.hashedName('site.css'))
  assert.equal(plain?.hashed, false)
  assert.equal(hashed?.hashed, true)
  assert.equal(plain?.asset, hashed?.asset)
  assert.match(assets.hashedName('fonts/serif.woff2'), /^fonts\/serif\.[0-9a-f]{16}\.woff2$/)
  const theirs = assets.names.filter((name) => !name.startsWith('demijohn/'))
  assert.deepEqual([...theirs].sort(), ['fonts/serif.woff2', 'site.css'])
})

test('assets: the entity tag is strong and of the content (RFC 9110 section 8.8.3)', () => {
  const one = loadAssets(folderOf({ 'a.txt': 'one', 'b.txt': 'one', 'c.txt': 'two' }))
  const etag = (name: string) => one.find(name)?.asset.etag
  assert.match(etag('a.txt') ?? '', /^"[\x21\x23-\x7e]{16,}"$/)
  assert.equal(etag('a.txt'), etag('b.txt'))
  assert.notEqual(etag('a.txt'), etag('c.txt'))
})

test('assets: compressed forms hold the same bytes; what is small or compressed already has none', () => {
  const assets = loadAssets(
    folderOf({ 'a.css': long, 'small.css': 'p{}', 'b.png': Buffer.alloc(4_000) }),
  )
  const { asset } = assets.find('a.css') ?? {}
  assert.equal(gunzipSync(asset?.gzip ?? '').toString(), long)
  assert.equal(brotliDecompressSync(asset?.brotli ?? '').toString(), long)
  assert.ok((asset?.brotli?.length ?? 0) < long.length / 10)
  for (const name of ['small.css', 'b.png']) {
    assert.equal(assets.find(name)?.asset.brotli, undefined)
    assert.equal(assets.find(name)?.asset.gzip, undefined)
  }
})

const types = {
  'a.css': 'text/css; charset=utf-8',
  'a.js': 'text/javascript; charset=utf-8',
  'a.svg': 'image/svg+xml',
  'a.png': 'image/png',
  'a.jpg': 'image/jpeg',
  'a.webp': 'image/webp',
  'a.avif': 'image/avif',
  'a.woff2': 'font/woff2',
  'a.txt': 'text/plain; charset=utf-8',
  'a.webmanifest': 'application/manifest+json',
}
test('[asvs 4.1.1] assets: each kind has its media type, text with its encoding', () => {
  const assets = loadAssets(
    folderOf(Object.fromEntries(Object.keys(types).map((name) => [name, 'x']))),
  )
  for (const [name, type] of Object.entries(types))
    assert.equal(assets.find(name)?.asset.type, type)
})

for (const name of [
  'index.html',
  'page.htm',
  'a.php',
  'a.ts',
  'a.map',
  'a.json',
  'a.sqlite',
  'backup.css.bak',
  'a.css~',
  'README',
  'a.CSS',
  'a b.css',
  'a..css',
  '-a.css',
  'a%2f.css',
  'ä.css',
]) {
  test(`[asvs 13.4.7] assets: ${name} is not published: it stops the start`, () => {
    assert.throws(() => loadAssets(folderOf({ [name]: 'x' })), Misconfiguration)
  })
}

test('[asvs 13.4.1] assets: dotfiles and folders with a dot are not there', () => {
  const assets = loadAssets(
    folderOf({ '.env': 'SECRET=1', '.git/config': 'x', 'a/.htaccess': 'x', 'a/b.txt': 'x' }),
  )
  const theirs = assets.names.filter((name) => !name.startsWith('demijohn/'))
  assert.deepEqual(theirs, ['a/b.txt'])
  for (const name of ['.env', '.git/config', 'a/.htaccess']) {
    assert.equal(assets.find(name), undefined)
  }
})

test('assets: a link stops the start, to a file or to a folder', () => {
  const folder = folderOf({ 'a.txt': 'x' })
  symlinkSync('/etc/passwd', join(folder, 'b.txt'))
  assert.throws(() => loadAssets(folder), /static files may not be links/)
  const other = folderOf({ 'a.txt': 'x' })
  symlinkSync('/etc', join(other, 'etc'))
  assert.throws(() => loadAssets(other), /static files may not be links/)
})

test('assets: a folder that is not there stops the start with its name', () => {
  const missing = join(folderOf({}), 'nowhere')
  assert.throws(
    () => loadAssets(missing),
    (error: unknown) => error instanceof Misconfiguration && error.message.includes(missing),
  )
})

test('assets: a file that no address reaches stops the start', () => {
  assert.throws(() => loadAssets(folderOf({ 'a/b/c.css': 'x' })), Misconfiguration)
})

test('assets: a file called like the hashed name of another stops the start', () => {
  const hex = createHash('sha256').update('x').digest('hex').slice(0, 16)
  const files = { 'a.txt': 'x', [`a.${hex}.txt`]: 'another' }
  assert.throws(() => loadAssets(folderOf(files)), Misconfiguration)
})

test('assets: over the limit of one file, the start stops', () => {
  const files = { 'a.txt': Buffer.alloc(8 * 1024 * 1024 + 1, 'a') }
  assert.throws(() => loadAssets(folderOf(files)), /over 8 MiB/)
})

test('assets: what a style sheet names becomes the hashed name, relative to the sheet', () => {
  const assets = loadAssets(
    folderOf({
      'fonts/serif.woff2': 'font',
      'css/site.css':
        'a{src:url(../fonts/serif.woff2)}b{src:url("../fonts/serif.woff2")}c{src:url(nothing.png)}' +
        "d{src:url('data:image/png;base64,AA')}",
      'top.css': "a{src:url('fonts/serif.woff2')}",
    }),
  )
  const hashed = assets.hashedName('fonts/serif.woff2')
  assert.equal(
    assets.find('css/site.css')?.asset.identity.toString(),
    `a{src:url(../${hashed})}b{src:url("../${hashed}")}c{src:url(nothing.png)}` +
      "d{src:url('data:image/png;base64,AA')}",
  )
  assert.equal(assets.find('top.css')?.asset.identity.toString(), `a{src:url('${hashed}')}`)
})

test('assets: another font gives the style sheet another name too', () => {
  const sheet = 'a{src:url(f.woff2)}'
  const one = loadAssets(folderOf({ 'f.woff2': 'one', 'a.css': sheet })).hashedName('a.css')
  const two = loadAssets(folderOf({ 'f.woff2': 'two', 'a.css': sheet })).hashedName('a.css')
  assert.notEqual(one, two)
})

test('assets: the hashed name of a file that is not there is an error, with the remedy', () => {
  const assets = loadAssets(folderOf({ 'a.css': 'x' }))
  for (const name of ['b.css', '', 'toString', '__proto__', '../a.css']) {
    assert.throws(() => assets.hashedName(name), /there is no static file called/)
    assert.equal(assets.find(name), undefined)
  }
})

test('assets: without a folder there are the files of the library alone, under its name', () => {
  const assets = loadAssets(undefined)
  assert.ok(assets.names.includes('demijohn/passkeys.js'))
  const types = new Map([
    ['css', 'text/css; charset=utf-8'],
    ['js', 'text/javascript; charset=utf-8'],
  ])
  for (const name of assets.names) {
    const [, ending = ''] = /^demijohn\/[a-z]+\.(css|js)$/.exec(name) ?? []
    assert.equal(assets.find(name)?.asset.type, types.get(ending), name)
    assert.notEqual(ending, '', name)
    assert.equal(assets.find(assets.hashedName(name))?.hashed, true)
  }
})

test('assets: a folder where the files of the library are served stops the start', () => {
  const folder = folderOf({ 'demijohn/passkeys.js': 'x' })
  assert.throws(() => loadAssets(folder), /stands where the library's own files are served/)
})
