/**
 * What a tag may not be, and what the engine adds to one.
 */
import { findAttribute } from './attributes.ts'
import { type Tag, TemplateProblem } from './places.ts'
import { isDataScript, isJsonScript } from './raw-content.ts'

export function checkNames(tag: Tag): void {
  const names = new Set<string>()
  for (const { name } of tag.attributes) {
    if (names.has(name)) throw new TemplateProblem(`${name} stands twice in <${tag.name}>`)
    names.add(name)
  }
  if (names.has('nonce')) {
    throw new TemplateProblem('leave the nonce out: the engine places it itself')
  }
}

export function requireFormMethod(tag: Tag): void {
  const method = findAttribute(tag, 'method')
  if (method !== undefined && !/^(?:get|post|dialog)$/i.test(method.parts.join(''))) {
    throw new TemplateProblem('the method of a form is get, post or dialog')
  }
}

export function takesNonce(tag: Tag): boolean {
  if (tag.name === 'style') return true
  if (tag.name !== 'script' || isDataScript(tag) || isJsonScript(tag)) return false
  return !['src', 'href', 'xlink:href'].some((name) => findAttribute(tag, name) !== undefined)
}

export function refusedState(state: string, tagName: string): string {
  switch (state) {
    case 'tagOpen':
    case 'endTagOpen':
    case 'tagName':
      return 'the name of an element takes no hole: write the element out, in two templates if need be'
    case 'comment':
      return 'a comment takes no hole: leave the value out'
    case 'declaration':
      return 'a declaration takes no hole: write it out'
    case 'unquoted':
      return `an unquoted value in <${tagName}> takes no more than one hole: quote it`
    default:
      return `the name of an attribute in <${tagName}> takes no hole: write the attribute out`
  }
}
