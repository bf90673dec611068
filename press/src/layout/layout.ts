/** What pages call to be put into the frame, those of the accounts blueprint included. */
import { type Html, html, type View } from 'demijohn'
import { frame, menuItem } from './frame.ts'

export type Frame = {
  readonly view: View
  readonly title: string
  /** One or more bands; see the rule on the children of `main` in press.css. */
  readonly main: Html
}

export function layout({ view, title, main }: Frame): Html {
  const current = view.path
  return frame({ view, title, current, main: isSettings(view) ? besideSettings(view, main) : main })
}

const settingsPages = [
  { to: '/settings', label: 'Profile' },
  { to: '/account/email', label: 'Email' },
  { to: '/account/password', label: 'Password' },
] as const

function isSettings({ user, path }: View): boolean {
  return user !== null && settingsPages.some(({ to }) => to === path)
}

/** Profile, address and password are pages of two blueprints, and one place to a person. */
function besideSettings({ path }: View, main: Html): Html {
  return html`<div class="settings spread">
<nav class="tabs" aria-label="Account settings">
<ul>${settingsPages.map((entry) => menuItem(entry, path))}</ul>
</nav>
${main}
</div>`
}
