/**
 * For any value in any place, the document has the structure it has with a harmless value
 * (ASVS 1.2.1), and no address in it is script (ASVS 1.2.2). The structure is what parse5 sees, which
 * is a browser's parser (WHATWG HTML section 13.2) and not ours.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse, parseFragment } from 'parse5'
import { sanitise } from '../../src/html/sanitise.ts'
import { type Html, render } from '../../src/html/template.ts'
import { corpusPayloads, fragments, places, sanitised } from './html-places.ts'

const casesPerPlace = 400
assert.ok(casesPerPlace * places.length >= 10_000, 'at least 10,000 random cases a run')

const written = (markup: Html): string =>
  render(markup, { formToken: () => 'token', nonce: () => 'nonce' })

const hostile = fc
  .array(fc.oneof(fc.constantFrom(...fragments), fc.string({ unit: 'binary', maxLength: 8 })), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''))

type Node = DefaultTreeAdapterTypes.Node

/** Elements with their attributes' names, in document order. Text is not structure. */
function structure(node: Node): string {
  if (defaultTreeAdapter.isCommentNode(node)) return `<!--${node.data}-->`
  const children = 'childNodes' in node ? node.childNodes.map(structure).join('') : ''
  if (!defaultTreeAdapter.isElementNode(node)) return children
  return `<${node.tagName} ${node.attrs.map(({ name }) => name).join(' ')}>${children}</>`
}

function* addresses(node: Node): Generator<string> {
  if (defaultTreeAdapter.isElementNode(node)) {
    for (const { name, value } of node.attrs) {
      if (/^(?:href|src|action|formaction|cite|data|poster)$/.test(name)) yield value
    }
  }
  if ('childNodes' in node) for (const child of node.childNodes) yield* addresses(child)
}

function assertAddresses(document: Node): void {
  for (const address of addresses(document)) {
    if (!URL.canParse(address, 'https://here.example/a/b')) continue
    const { protocol } = new URL(address, 'https://here.example/a/b')
    assert.match(protocol, /^(?:https?|mailto|tel):$/, address)
  }
}

for (const { name, make } of places) {
  const want = structure(parse(written(make('harmless'))))
  const hold = (value: string): void => {
    const document = parse(written(make(value)))
    assert.equal(structure(document), want)
    assertAddresses(document)
  }
  test(`[asvs 1.2.1] [asvs 1.2.2] html: ${name} keeps the structure, whatever is in it`, () => {
    fc.assert(fc.property(hostile, hold), { numRuns: casesPerPlace })
    const payloads = corpusPayloads()
    assert.ok(payloads.length > 100, `only ${payloads.length} payloads were read`)
    for (const payload of [...payloads, ...fragments]) hold(payload)
  })
}

test('html: what a place shows is the value itself', () => {
  const text = (value: string): string => {
    const found = parseFragment(written(makeOf('textarea')(value)))
    const show = (node: Node): string =>
      defaultTreeAdapter.isTextNode(node)
        ? node.value
        : 'childNodes' in node
          ? node.childNodes.map(show).join('')
          : ''
    return show(found)
  }
  fc.assert(
    fc.property(hostile, (value) => {
      const kept = value.toWellFormed().replaceAll('\0', '\ufffd').replace(/\r\n?/g, '\n')
      assert.equal(text(value), `Page${kept}`)
    }),
    { numRuns: 1_000 },
  )
})

test('html: a segment never leaves its path, nor a form this site', () => {
  const address = (place: string, value: string): URL => {
    const [found = ''] = addresses(parse(written(makeOf(place)(value))))
    return new URL(found, 'https://here.example/a/b')
  }
  fc.assert(
    fc.property(hostile, (value) => {
      assert.match(
        address('segment', value).href,
        /^https:\/\/here\.example\/posts\/[^/?#]*\/edit$/,
      )
      assert.equal(address('first segment', value).host, 'here.example')
      assert.equal(address('address elsewhere', value).host, 'a.example')
      assert.equal(address('query', value).pathname, '/')
      assert.deepEqual([...address('query', value).searchParams.keys()], ['a', 'b'])
      assert.equal(address('form that posts', value).host, 'here.example')
      assert.equal(address('form that posts to a path', value).host, 'here.example')
      assert.equal(address('form button', value).host, 'here.example')
      assert.equal(address('frame', value).host, 'here.example')
    }),
    { numRuns: 1_000 },
  )
})

test('html: what stands in the JSON place is read as it was given', () => {
  const start = '<script type="application/json">'
  fc.assert(
    fc.property(hostile, (value) => {
      const markup = written(makeOf('json')(value))
      const from = markup.indexOf(start) + start.length
      const read: unknown = JSON.parse(markup.slice(from, markup.indexOf('</script>')))
      assert.deepEqual(read, JSON.parse(JSON.stringify({ a: { [value]: [value, { v: value }] } })))
    }),
    { numRuns: 1_000 },
  )
})

const rich = fc
  .array(
    fc.oneof(
      fc.constantFrom(...fragments),
      fc.constantFrom(
        ...'<p> <b> <i> <a href=x> <a><p> <table> <tr> <td> <li> <ul> <button> <object> <h1> <pre>'.split(
          ' ',
        ),
        ...'</b> </i> </table> </ul> </button> </object> <div> </div> <select> <br> <img/src=x>'.split(
          ' ',
        ),
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))

test('[asvs 1.3.1] html: sanitised text holds only rich text, and twice is once', () => {
  const hold = (value: string): void => {
    const once = written(sanitise(value))
    assert.equal(written(sanitise(once)), once)
    const document = parse(written(sanitised.make(value)))
    assertAddresses(document)
    assert.doesNotMatch(
      structure(document),
      /<(?:script|style|svg|math|iframe|form|input|template|object|noscript)[ >]|<[^>]* (?:on\w+|style|id|name)[ >]/,
    )
  }
  fc.assert(fc.property(rich, hold), { numRuns: 2_000 })
  for (const payload of corpusPayloads()) hold(payload)
})

function makeOf(name: string): (value: string) => Html {
  const found = places.find((each) => each.name === name)
  assert.ok(found, name)
  return found.make
}
