/**
 * Templates that escape by where a value stands.
 *
 * Stops stored and reflected cross-site scripting: each hole gets the encoder of its place, and a
 * place without a safe encoder throws when the template is first used (ASVS 1.2.1, 1.2.2, 1.2.3).
 * The engine itself puts the form token into every form that posts and the nonce on every inline
 * script and style, so that forgetting them is not possible.
 *
 * Does not stop what the author writes as static text, nor half a form opened in one template
 * around another one: the browser ignores the inner form and keeps its token field.
 */
import { callSite } from './call-site.ts'
import { fromTemplate, type Hole, type Html, type Template } from './markup.ts'
import { parseTemplate } from './parse.ts'
import { TemplateProblem } from './places.ts'

export {
  absent,
  type Hole,
  Html,
  Json,
  type JsonValue,
  json,
  markupText,
  prerender,
  type RenderContext,
  render,
  renderBytes,
} from './markup.ts'

/** A template that cannot be made safe. Thrown when it is first used; names file and line. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
}

const compiled = new WeakMap<TemplateStringsArray, Template>()

/**
 * Markup from a literal: `` html`<p title="${title}">${text}</p>` ``. Rendering is lazy: holes are
 * encoded by `render`. Throws `TemplateError` for a hole where no encoding is safe.
 */
export function html(strings: TemplateStringsArray, ...holes: readonly Hole[]): Html {
  return fromTemplate(compiled.get(strings) ?? compile(strings), holes)
}

function compile(strings: TemplateStringsArray): Template {
  if (!Array.isArray(strings) || !Array.isArray(strings.raw) || !Object.isFrozen(strings)) {
    throw new TypeError('html is a tag for template literals: html`…`, never html(text)')
  }
  const site = callSite(html)
  let linesBelow = 0
  try {
    const parsed = parseTemplate(cooked(strings), () => {
      linesBelow += 1
    })
    const template = Object.freeze({ ...parsed, site: site(0) })
    compiled.set(strings, template)
    return template
  } catch (problem) {
    if (!(problem instanceof TemplateProblem)) throw problem
    throw new TemplateError(`html at ${site(linesBelow)}: ${problem.message}`)
  }
}

/** A part is undefined where the literal holds an invalid escape sequence (ECMA-262 13.2.8.3). */
function cooked(strings: readonly (string | undefined)[]): readonly string[] {
  return strings.map((text) => {
    if (text === undefined) throw new TemplateProblem('an invalid escape sequence')
    return text
  })
}
