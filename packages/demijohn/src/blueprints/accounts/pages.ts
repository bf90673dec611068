/** What an application gives the accounts blueprint to draw its pages in. */
import type { Html } from '../../html/template.ts'
import type { View } from '../../pipeline/route.ts'

/** Puts a page's main part into the application's frame. */
export type Layout = (facts: {
  readonly view: View
  readonly title: string
  readonly main: Html
}) => Html
