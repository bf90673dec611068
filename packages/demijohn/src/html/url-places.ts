/**
 * Holes inside an address: which part of it they stand in (WHATWG URL section 4.4).
 *
 * A hole at the start is a whole address and has its scheme checked. A hole further on is encoded
 * as a component, after the static text has settled scheme and host; where it has not, the template
 * throws.
 */
import { type Attribute, type Place, place, TemplateProblem } from './places.ts'

type Part = 'start' | 'afterHole' | 'scheme' | 'slash' | 'authority' | 'path' | 'query' | 'opaque'

type Walk = { part: Part; prefix: string; holesBefore: number; readonly local: boolean }

/** `local`: only addresses of this origin, static ones too. */
export function attributeUrlPlaces(attribute: Attribute, reach: 'local' | 'any'): readonly Place[] {
  if (attribute.holes.length > 0 && !attribute.quoted) {
    throw new TemplateProblem(
      `the value of ${attribute.name} is not quoted: write ${attribute.name}="\${…}"`,
    )
  }
  const walk: Walk = { part: 'start', prefix: '', holesBefore: 0, local: reach === 'local' }
  const places: Place[] = []
  attribute.parts.forEach((text, index) => {
    for (const character of text) step(walk, character)
    if (index < attribute.holes.length) {
      const isLast = index === attribute.holes.length - 1
      const after = attribute.parts[index + 1] ?? ''
      places.push(holePlace(walk, text, after, isLast && after === ''))
      walk.holesBefore = index + 1
    }
  })
  return places
}

function holePlace(walk: Walk, before: string, after: string, isEnd: boolean): Place {
  if (/%[0-9a-f]?$/i.test(before)) {
    throw new TemplateProblem('a hole cannot complete a percent-encoding: leave out the %')
  }
  const { part } = walk
  switch (part) {
    case 'start':
      walk.part = 'afterHole'
      if (!walk.local) return place.url
      return after.startsWith('/') ? place.localBase : place.localUrl
    case 'afterHole':
      throw new TemplateProblem('two holes make one address: join them to one value first')
    case 'authority':
      throw new TemplateProblem(
        'a hole stands in the host of an address: write the host out and end it with /',
      )
    case 'slash':
      walk.part = 'path'
      return isEnd ? place.segment : place.firstSegment
    case 'scheme':
    case 'path':
      return place.segment
    case 'query':
      return place.component
    case 'opaque':
      return place.opaque
  }
}

function step(walk: Walk, character: string): void {
  if (walk.part === 'query') return
  if (character <= ' ' || character === '\\' || character === '&') {
    throw new TemplateProblem(
      `an address with a hole, or one that a form is sent to, has ${JSON.stringify(character)} before its ?: write it percent-encoded`,
    )
  }
  walk.part = next(walk, character)
  walk.prefix += character
}

function next(walk: Walk, character: string): Part {
  if (character === '?' || character === '#') return 'query'
  switch (walk.part) {
    case 'start':
      if (character === '/') return 'slash'
      return /[a-z]/i.test(character) ? 'scheme' : 'path'
    case 'afterHole':
      if (character === '/') return 'slash'
      throw new TemplateProblem('after a hole at its start an address goes on with /, ? or #')
    case 'slash':
      if (character !== '/' || walk.prefix.length > 1) return 'path'
      return host(walk)
    case 'scheme':
      if (character === ':') return afterScheme(walk)
      return /[a-z0-9+.-]/i.test(character) ? 'scheme' : 'path'
    case 'authority':
      if (character !== '/' || /[/:]$/.test(walk.prefix)) return 'authority'
      return 'path'
    default:
      return walk.part
  }
}

function host(walk: Walk): Part {
  if (walk.local || walk.holesBefore > 0) {
    throw new TemplateProblem('this address may only lead to this site: write it as /path')
  }
  return 'authority'
}

function afterScheme(walk: Walk): Part {
  const scheme = walk.prefix.toLowerCase()
  if (walk.local || walk.holesBefore > 0) {
    throw new TemplateProblem('this address may only lead to this site: write it as /path')
  }
  if (scheme === 'mailto' || scheme === 'tel') return 'opaque'
  if (scheme === 'http' || scheme === 'https') return 'authority'
  throw new TemplateProblem(`a hole in a ${scheme}: address cannot be made safe`)
}
