/** Small pieces that stand in more than one place of the page. */
import type { RefusalCode } from '../../../core/refusals.ts'
import { type Html, html } from '../../../html/template.ts'

/** The word says it; the colour only helps to find it again. */
export function methodView(method: string): Html {
  return html`<b class="method ${method.toLowerCase()}">${method}</b>`
}

/** May be broken behind its dot. */
export function codeView(code: RefusalCode): Html {
  const [family, ...rest] = code.split('.')
  return html`<code>${family}.<wbr>${rest.join('.')}</code>`
}
