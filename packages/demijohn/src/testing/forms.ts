/** Finds the forms of a page as a browser would, to send them back filled in. */
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse } from 'parse5'

type Node = DefaultTreeAdapterTypes.Node
type Element = DefaultTreeAdapterTypes.Element

export type FoundForm = {
  readonly method: 'get' | 'post'
  /** Where it is sent: the `action`, or the page's own path. */
  readonly action: string
  /** What would be sent if nobody touched it. */
  readonly values: ReadonlyMap<string, string>
  /** The name of every control, sent or not. */
  readonly names: ReadonlySet<string>
}

export function findForms(markup: string, pagePath: string): readonly FoundForm[] {
  return elementsBelow(parse(markup), 'form').map((form) => {
    const values = new Map<string, string>()
    const names = new Set<string>()
    for (const control of elementsBelow(form, 'input', 'textarea', 'select', 'button')) {
      const name = attribute(control, 'name')
      if (name === undefined || name === '') continue
      names.add(name)
      const value = control.tagName === 'button' ? undefined : controlValue(control)
      if (value !== undefined) values.set(name, value)
    }
    return {
      method: attribute(form, 'method')?.toLowerCase() === 'post' ? 'post' : 'get',
      action: attribute(form, 'action') ?? pagePath,
      values,
      names,
    }
  })
}

function controlValue(control: Element): string | undefined {
  if (attribute(control, 'disabled') !== undefined) return undefined
  // The parser has dropped the line break that may follow the tag.
  if (control.tagName === 'textarea') return textOf(control)
  if (control.tagName === 'select') {
    const options = elementsBelow(control, 'option')
    const chosen =
      options.find((option) => attribute(option, 'selected') !== undefined) ?? options[0]
    return chosen === undefined ? undefined : (attribute(chosen, 'value') ?? textOf(chosen))
  }
  const type = attribute(control, 'type')?.toLowerCase() ?? 'text'
  if (type === 'submit' || type === 'button' || type === 'image') return undefined
  if (type === 'checkbox' || type === 'radio') {
    if (attribute(control, 'checked') === undefined) return undefined
    return attribute(control, 'value') ?? 'on'
  }
  return attribute(control, 'value') ?? ''
}

export function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((one) => one.name === name)?.value
}

export function elementsBelow(node: Node, ...tagNames: readonly string[]): readonly Element[] {
  const found: Element[] = []
  const visit = (at: Node): void => {
    if (defaultTreeAdapter.isElementNode(at) && tagNames.includes(at.tagName)) found.push(at)
    if ('childNodes' in at) for (const child of at.childNodes) visit(child)
  }
  visit(node)
  return found
}

export function textOf(node: Node): string {
  if (defaultTreeAdapter.isTextNode(node)) return node.value
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : ''
}
