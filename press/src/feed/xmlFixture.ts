/**
 * Reads XML 1.0 as far as a feed needs it, and throws for whatever is not well-formed (section 2.1):
 * tags that do not match, unquoted or doubled attributes, bare `&` and `<`, characters out of range.
 */
import assert from 'node:assert/strict'

export type XmlElement = {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  readonly text: string
}

type Open = {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: XmlElement[]
  text: string
}

const outOfRange = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u
const token = /<(\/?)([A-Za-z][\w.:-]*)((?:\s+[\w.:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy
const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

export function parseXml(source: string): XmlElement {
  assert.ok(!outOfRange.test(source), 'a character that XML does not have')
  const document: Open = { name: '', attributes: new Map(), children: [], text: '' }
  const open: Open[] = [document]
  let end = 0
  for (const [whole, close, name = '', attributes = '', empty, text] of source.matchAll(token)) {
    end += whole.length
    const current = open.at(-1) ?? document
    if (text !== undefined) {
      current.text += decode(text)
    } else if (close === '/') {
      assert.equal(name, current.name, 'the tags match')
      open.pop()
      open.at(-1)?.children.push(current)
    } else {
      const element: Open = { name, attributes: readAttributes(attributes), children: [], text: '' }
      if (empty === '/') current.children.push(element)
      else open.push(element)
    }
  }
  assert.equal(end, source.length, `not well-formed at ${source.slice(end, end + 40)}`)
  assert.equal(open.length, 1, 'every element is closed')
  assert.equal(document.text.trim(), '', 'text outside of the root')
  const [root, ...others] = document.children
  assert.ok(root !== undefined && others.length === 0, 'one root')
  return root
}

/** The elements of that name right below. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name)
}

/** The text of the only element of that name right below. */
export function textIn(element: XmlElement, name: string): string {
  const [child, ...others] = childrenOf(element, name)
  assert.ok(child !== undefined && others.length === 0, `one ${name}`)
  return child.text
}

function readAttributes(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(/([\w.:-]+)="([^"]*)"/g)) {
    assert.ok(!attributes.has(name), `${name} stands twice`)
    attributes.set(name, decode(value))
  }
  return attributes
}

function decode(text: string): string {
  return text.replace(/&(?:#(\d+);|#x([0-9a-fA-F]+);|(\w+);)?/g, (whole, decimal, hex, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    const character = entities[name]
    assert.ok(character !== undefined, `${whole} is not an entity of XML`)
    return character
  })
}
