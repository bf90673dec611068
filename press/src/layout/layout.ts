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
  return frame({
    view,
    title,
    current,
    main: isOwnAccount(view) ? besideAccount(view, main) : main,
  })
}

const accountPages = [
  { to: '/account', label: 'Overview' },
  { to: '/settings', label: 'Profile' },
  { to: '/account/email', label: 'Email' },
  { to: '/account/password', label: 'Password' },
  { to: '/account/factors', label: 'Second factors' },
  { to: '/account/sessions', label: 'Sessions' },
  { to: '/account/tokens', label: 'Apps and tokens' },
  { to: '/account/export', label: 'Your data' },
  { to: '/account/delete', label: 'Delete' },
] as const

function isOwnAccount({ user, path }: View): boolean {
  return user !== null && (path === '/settings' || path === '/account' || isBelow(path, '/account'))
}

function isBelow(path: string, parent: string): boolean {
  return path.startsWith(`${parent}/`)
}

/** The profile is of Press, the rest of the accounts blueprint, and all of it one place to a person. */
function besideAccount({ path }: View, main: Html): Html {
  // What is set up step by step stands under the entry that it was opened from.
  const current = accountPages.findLast(({ to }) => path === to || isBelow(path, to))?.to ?? null
  return html`<div class="settings spread">
<nav class="tabs" aria-label="Account settings">
<ul>${accountPages.map((entry) => menuItem(entry, current))}</ul>
</nav>
${main}
</div>`
}
