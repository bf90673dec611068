/** The public page of a person. */
import { type Html, html } from 'demijohn'
import type { PageView } from '../kit.ts'
import { layout } from '../layout/layout.ts'
import { remarkMarkup } from '../markdown/markdown.ts'
import type { PostPage } from '../posts/data.ts'
import { month } from '../posts/dates.ts'
import { paging, postList } from '../posts/lists.ts'
import type { Profile } from './data.ts'
import { initials } from './initials.ts'

type ProfileShown = { readonly person: Profile; readonly listed: PostPage }

export function profilePage(view: PageView, { person, listed }: ProfileShown): Html {
  const { posts, count, page, pages } = listed
  const address = (other: number) => `/people/${person.id}?page=${other}`
  const main = html`<section class="profile spread">
<div><span class="monogram" aria-hidden="true">${initials(person.name)}</span></div>
<div><h1>${person.name}</h1>
<p class="meta"><span>${roleLabel(person.role)}</span> <span>Here since ${month(person.createdAt)}</span> <span>${count === 1 ? '1 post' : `${count} posts`}</span></p>
${person.bio === '' ? null : html`<div class="prose">${remarkMarkup(person.bio)}</div>`}</div>
</section>
${posts.length === 0 ? null : html`<section><h2>Posts</h2>${postList(posts, { heading: 'h3' })}</section>`}
${paging({ page, pages, address })}`
  return layout({ view, title: person.name, main })
}

function roleLabel(role: string): string {
  return role.charAt(0).toUpperCase() + role.slice(1)
}
