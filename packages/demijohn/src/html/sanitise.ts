/**
 * The only way from a string to markup: rich text, as Markdown makes it.
 *
 * Stops stored cross-site scripting through markup that people may write (ASVS 1.3.1), DOM clobbering
 * (no `id`, no `name`), and mutation: the tree of a full parser (WHATWG HTML section 13.2) is walked
 * with a list of what may stay, and written by our own encoders in a form that parses to the
 * same tree again. Nothing that a browser reads by other rules (svg, math, style, noscript,
 * template) is ever written.
 *
 * Does not stop text that lies, images that are fetched from elsewhere (the policy does), or links
 * to harmful sites.
 */
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parseFragment } from 'parse5'
import { escapeMarkup, isSafeUrl, stripUrl } from './encode.ts'
import { type Html, unsafeFromText } from './markup.ts'

export type SanitiseOptions = {
  /** Longest input in UTF-16 units; more throws `RangeError`. 1,000,000 when left out. */
  readonly maxLength?: number
}

/**
 * Elements open at once. The parser looks through them for most tags, so this bounds its time;
 * no text written by a person comes near.
 */
const maxDepth = 256

/** What is taken out can change how the rest nests; by then two rounds have settled it. */
const maxRounds = 6

const allowed: ReadonlySet<string> = new Set(
  (
    'a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em ' +
    'figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span ' +
    'strong sub summary sup table tbody td tfoot th thead tr u ul var'
  ).split(' '),
)

/** Their content is not text for a reader, or is read by other rules. */
const dropped: ReadonlySet<string> = new Set(
  (
    'applet audio base canvas embed frame frameset head iframe link math meta noembed noframes ' +
    'noscript object param plaintext script select style svg template textarea title video xmp'
  ).split(' '),
)

const voids: ReadonlySet<string> = new Set(['br', 'col', 'hr', 'img'])

/** Ordinary attributes; addresses are below. */
const attributes: Readonly<Record<string, readonly string[]>> = {
  a: ['title'],
  abbr: ['title'],
  code: ['class'],
  col: ['span'],
  colgroup: ['span'],
  details: ['open'],
  img: ['title', 'width', 'height'],
  li: ['value'],
  ol: ['start', 'reversed'],
  td: ['colspan', 'rowspan', 'align'],
  th: ['colspan', 'rowspan', 'align', 'scope'],
}

const urlAttributes: Readonly<Record<string, string>> = {
  a: 'href',
  blockquote: 'cite',
  del: 'cite',
  img: 'src',
  ins: 'cite',
  q: 'cite',
}

const htmlNamespace = 'http://www.w3.org/1999/xhtml'
const notFetched = /^(?:mailto|tel):/i
const leadsAway = /^(?:[a-z][a-z0-9+.-]*:|[/\\]{2})/i

/** Values that are numbers or words are taken only in their shape. */
const shapes: Readonly<Record<string, RegExp>> = {
  align: /^(?:left|center|right)$/,
  class: /^language-[A-Za-z0-9+#-]{1,30}$/,
  colspan: /^\d{1,3}$/,
  height: /^\d{1,4}$/,
  open: /^$/,
  reversed: /^$/,
  rowspan: /^\d{1,3}$/,
  scope: /^(?:row|col|rowgroup|colgroup)$/,
  span: /^\d{1,3}$/,
  start: /^-?\d{1,9}$/,
  value: /^-?\d{1,9}$/,
  width: /^\d{1,4}$/,
}

type Node = DefaultTreeAdapterTypes.ChildNode
type Element = DefaultTreeAdapterTypes.Element

/**
 * Markup that holds only what the lists above allow. Unknown elements are replaced by their
 * content; what nests deeper than 256 elements is shown as the text it is. Linear in the length of
 * the input. Throws `RangeError` for input over `maxLength`.
 */
export function sanitise(markup: string, options: SanitiseOptions = {}): Html {
  const { maxLength = 1_000_000 } = options
  if (markup.length > maxLength) {
    throw new RangeError(`sanitise(): the markup is longer than ${maxLength} characters`)
  }
  return unsafeFromText(settled(markup) ?? escapeMarkup(markup))
}

/** Reads what was written until reading it changes nothing; undefined when it never settles. */
function settled(markup: string): string | undefined {
  let text = markup
  for (let round = 0; round < maxRounds; round += 1) {
    const nodes = parsedNodes(text)
    if (nodes === undefined) return undefined
    const written = writeAllowed(nodes)
    if (written === text) return written
    text = written
  }
  return undefined
}

class TooDeep extends Error {}

/** Undefined when more than `maxDepth` elements are open at once. */
function parsedNodes(markup: string): readonly Node[] | undefined {
  let depth = 0
  const treeAdapter = {
    ...defaultTreeAdapter,
    onItemPush: () => {
      depth += 1
      if (depth > maxDepth) throw new TooDeep()
    },
    onItemPop: () => {
      depth -= 1
    },
  }
  try {
    return parseFragment(markup, { treeAdapter }).childNodes
  } catch (error) {
    if (error instanceof TooDeep) return undefined
    throw error
  }
}

/** Depth-first with a stack of our own. A task is a node to judge, or an end tag to write. */
function writeAllowed(nodes: readonly Node[]): string {
  const tasks: (Node | string)[] = nodes.toReversed()
  let out = ''
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    if (typeof task === 'string') {
      out += task
    } else if (defaultTreeAdapter.isTextNode(task)) {
      out += escapeMarkup(task.value)
    } else if (defaultTreeAdapter.isElementNode(task)) {
      out += startTag(task, tasks)
    }
  }
  return out
}

/** Writes the start tag, if it may stay, and leaves its content and its end tag as tasks. */
function startTag(element: Element, tasks: (Node | string)[]): string {
  const name = element.tagName
  if (element.namespaceURI !== htmlNamespace || dropped.has(name)) return ''
  const url = urlOf(element)
  if (name === 'img')
    return url === undefined ? escapeMarkup(attributeText(element, 'alt')) : image(element, url)
  const stays = allowed.has(name) && !(name === 'a' && url === undefined)
  if (stays && !voids.has(name)) tasks.push(`</${name}>`)
  for (const child of element.childNodes.toReversed()) tasks.push(child)
  if (!stays) return ''
  return `<${name}${writtenAttributes(element)}${url === undefined ? '' : urlAttribute(name, url)}>${eatenNewline(element)}`
}

function image(element: Element, url: string): string {
  const alt = escapeMarkup(attributeText(element, 'alt'))
  return `<img src="${escapeMarkup(url)}" alt="${alt}"${writtenAttributes(element)}>`
}

function urlAttribute(name: string, url: string): string {
  if (name !== 'a') return ` cite="${escapeMarkup(url)}"`
  const rel = leadsAway.test(url) ? ' rel="nofollow ugc noopener"' : ''
  return ` href="${escapeMarkup(url)}"${rel}`
}

/** The one address an element may have, if its scheme is one of ours. */
function urlOf(element: Element): string | undefined {
  const attribute = urlAttributes[element.tagName]
  const found = element.attrs.find(({ name }) => name === attribute)
  if (found === undefined) return undefined
  const url = stripUrl(found.value)
  if (!isSafeUrl(url)) return undefined
  return element.tagName !== 'a' && notFetched.test(url) ? undefined : url
}

/** In the order of our list, whatever order they came in, so that writing them again is the same. */
function writtenAttributes(element: Element): string {
  let out = ''
  for (const name of attributes[element.tagName] ?? []) {
    const found = element.attrs.find((attribute) => attribute.name === name)
    if (found === undefined || shapes[name]?.test(found.value) === false) continue
    out += ` ${name}="${escapeMarkup(found.value)}"`
  }
  return out
}

function attributeText(element: Element, name: string): string {
  return element.attrs.find((attribute) => attribute.name === name)?.value ?? ''
}

/** The parser drops a newline right after `<pre>`: one more keeps it. */
function eatenNewline(element: Element): string {
  const first = element.childNodes[0]
  if (element.tagName !== 'pre' || first === undefined) return ''
  return defaultTreeAdapter.isTextNode(first) && first.value.startsWith('\n') ? '\n' : ''
}
