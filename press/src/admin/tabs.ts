/** The list of the administration's pages, with how much waits on each. */
import { type Html, html } from 'demijohn'
import { menuItem } from '../layout/frame.ts'
import type { Counts } from './overview.ts'

export function tabs(counts: Counts, current: string): Html {
  const { people, posts, drafts, comments } = counts
  const entries = [
    { to: '/admin/people', label: `People ${people}` },
    { to: '/admin/posts', label: `Posts ${posts}` },
    { to: '/admin/posts?state=draft', label: `Drafts ${drafts}` },
    { to: '/admin/comments', label: `Comments ${comments}` },
  ] as const
  return html`<nav class="tabs" aria-label="Administration">
<ul>${entries.map((entry) => menuItem(entry, current))}</ul>
</nav>`
}
