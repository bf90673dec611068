import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { linkHeader } from './linkHeader.ts'
import { type LocalPath, parseLocalPath } from './localPath.ts'

function local(path: string): LocalPath {
  const parsed = parseLocalPath(path)
  if (parsed === undefined) assert.fail(`${path} is not local`)
  return parsed
}

test('link header: the relations of a page, as RFC 8288 writes them', () => {
  assert.equal(linkHeader({}), undefined)
  assert.equal(
    linkHeader({ next: local('/api/v1/posts?after=WzFd&limit=20') }),
    '</api/v1/posts?after=WzFd&limit=20>; rel="next"',
  )
  assert.equal(
    linkHeader({ next: local('/a?b'), first: local('/a') }),
    '</a>; rel="first", </a?b>; rel="next"',
  )
})

/** By RFC 8288 section 3: an address between angle brackets, then parameters; commas between links. */
function readLinks(field: string): readonly (readonly [string, string])[] {
  const links: (readonly [string, string])[] = []
  const shape = /<([^>]*)>; rel="([a-z]+)"(?:, |$)/y
  while (shape.lastIndex < field.length) {
    const found = shape.exec(field)
    if (found === null) assert.fail(`cannot be read: ${field}`)
    links.push([found[1] ?? '', found[2] ?? ''])
  }
  return links
}

test('link header: whatever the path holds, it is one link to this site and no more', () => {
  const piece = fc.constantFrom(
    ...[
      'a',
      '/',
      '?',
      '#',
      '<',
      '>',
      '"',
      ';',
      ',',
      '=',
      '%3E',
      '; rel="next"',
      '>, <//evil.example>',
    ],
  )
  const paths = fc.array(piece, { maxLength: 8 }).map((all) => `/${all.join('')}`)
  let taken = 0
  const property = fc.property(paths, (text) => {
    const path = parseLocalPath(text)
    if (path === undefined) return
    taken += 1
    const links = readLinks(linkHeader({ next: path }) ?? '')
    assert.equal(links.length, 1)
    const [[target = '', relation] = []] = links
    assert.equal(relation, 'next')
    const base = 'https://site.example/api/v1/posts'
    assert.equal(
      new URL(target, base).href,
      new URL(text, base).href.replaceAll('<', '%3C').replaceAll('>', '%3E'),
    )
    assert.equal(new URL(target, base).origin, 'https://site.example')
  })
  fc.assert(property, { numRuns: 5_000 })
  assert.ok(taken > 500)
})
