/**
 * Which attributes take a hole, and which encoder it gets.
 *
 * The tables follow WHATWG HTML (attributes index; section 4.2.5 `meta`; 4.12.1 `script`) and
 * SVG 2 (`xlink:href`, animations that set attributes). What is in no table is an ordinary attribute.
 */
import { type Attribute, type Place, place, type Tag, TemplateProblem } from './places.ts'
import { attributeUrlPlaces } from './url-places.ts'

export const booleanAttributes: ReadonlySet<string> = new Set(
  (
    'allowfullscreen async autofocus autoplay checked controls default defer disabled ' +
    'formnovalidate hidden inert ismap itemscope loop multiple muted nomodule novalidate open ' +
    'playsinline readonly required reversed selected'
  ).split(' '),
)

const urlAttributes: ReadonlySet<string> = new Set(
  (
    'action background cite codebase data formaction href icon longdesc manifest poster profile ' +
    'src usemap xlink:href'
  ).split(' '),
)

/** Elements whose address is code, a style, or a document of its own: from this origin only. */
const resourceElements: ReadonlySet<string> = new Set(
  'script iframe frame embed object use image feimage'.split(' '),
)

/** Kinds of link that load nothing into the page. */
const referringLinks: ReadonlySet<string> = new Set(
  'alternate author canonical first help last license me next prev self'.split(' '),
)

/** Attributes in which a value decides what other text means, on any element. */
const literalAttributes: ReadonlySet<string> = new Set(
  (
    'allow as attributename csp enctype formenctype formmethod formtarget http-equiv integrity is ' +
    'method referrerpolicy sandbox shadowrootmode target xmlns xmlns:xlink'
  ).split(' '),
)

const literalOn: Readonly<Record<string, ReadonlySet<string>>> = {
  script: new Set(['type', 'language']),
  style: new Set(['type']),
  link: new Set(['rel', 'type']),
  object: new Set(['type', 'classid']),
  embed: new Set(['type']),
  meta: new Set(['name', 'property', 'charset']),
  base: new Set(['href']),
  set: new Set(['to', 'from', 'by', 'values']),
  animate: new Set(['to', 'from', 'by', 'values']),
  animatetransform: new Set(['to', 'from', 'by', 'values']),
  animatemotion: new Set(['to', 'from', 'by', 'values']),
  param: new Set(['name', 'value']),
  applet: new Set(['code', 'object', 'archive']),
}

const refusedAttributes: Readonly<Record<string, string>> = {
  style: 'give the element a class and style it in the stylesheet',
  srcdoc: 'serve the document from a route of its own and use src',
  srcset: 'write the srcset out with literal candidates, or use src',
  imagesrcset: 'write the candidates out as literal text',
  ping: 'leave it out',
  nonce: 'leave it out: the engine places the nonce itself',
}

export function findAttribute(tag: Tag, name: string): Attribute | undefined {
  return tag.attributes.find((attribute) => attribute.name === name)
}

/** The literal value, lower-cased. Undefined when the attribute is absent. */
export function literalValue(tag: Tag, name: string): string | undefined {
  return findAttribute(tag, name)?.parts.join('').toLowerCase()
}

export function isPostForm(tag: Tag): boolean {
  return !tag.isEnd && tag.name === 'form' && literalValue(tag, 'method') === 'post'
}

/** The encoder of every hole of an attribute, in order; throws where there is none. */
export function attributePlaces(tag: Tag, attribute: Attribute): readonly Place[] {
  const { name } = attribute
  if (isLocalUrl(tag, name)) return attributeUrlPlaces(attribute, 'local')
  if (attribute.holes.length === 0) return []
  requireDynamic(tag, name)
  if (booleanAttributes.has(name)) return booleanPlaces(attribute)
  if (!attribute.quoted) {
    throw new TemplateProblem(`the value of ${name} is not quoted: write ${name}="\${…}"`)
  }
  if (urlAttributes.has(name)) return attributeUrlPlaces(attribute, 'any')
  return attribute.holes.map(() => place.plain)
}

/** Throws for attributes that take no hole on this element. */
function requireDynamic(tag: Tag, name: string): void {
  if (name.startsWith('on')) {
    throw new TemplateProblem(
      `${name} is script: put the value in a data- attribute and listen in a script file`,
    )
  }
  const remedy = refusedAttributes[name]
  if (remedy !== undefined) throw new TemplateProblem(`${name} takes no hole: ${remedy}`)
  if (literalAttributes.has(name) || literalOn[tag.name]?.has(name) === true) {
    throw new TemplateProblem(
      `${name} of <${tag.name}> decides what the element does: write it out, in two templates if need be`,
    )
  }
  if (tag.name === 'meta' && name === 'content' && findAttribute(tag, 'http-equiv')) {
    throw new TemplateProblem('content of <meta http-equiv> is an instruction: write it out')
  }
}

function booleanPlaces(attribute: Attribute): readonly Place[] {
  const whole = attribute.holes.length === 1 && attribute.parts.join('') === ''
  if (attribute.quoted || !whole) {
    throw new TemplateProblem(
      `${attribute.name} is there or not, whatever its value: write ${attribute.name}=\${condition}`,
    )
  }
  return [place.boolean]
}

/** True where an address may only lead to this origin: it gets the form token, or becomes code. */
function isLocalUrl(tag: Tag, name: string): boolean {
  if (name === 'formaction') return true
  if (name === 'action') return isPostForm(tag)
  const attribute = urlAttributes.has(name) ? findAttribute(tag, name) : undefined
  if (attribute === undefined || attribute.holes.length === 0) return false
  if (tag.name === 'link') {
    const kinds = (literalValue(tag, 'rel') ?? '').split(/\s+/)
    return !kinds.every((kind) => referringLinks.has(kind))
  }
  return resourceElements.has(tag.name)
}
