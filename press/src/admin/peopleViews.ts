/** The pages about people: the ledger, adding and deleting somebody, a link that is shown once. */
import { type FormView, type Html, html, type View } from 'demijohn'
import { day, minute } from '../layout/dates.ts'
import { layout } from '../layout/layout.ts'
import type { Invitation } from './invitations.ts'
import type { Counts } from './overview.ts'
import { paging } from './paging.ts'
import type { PeoplePage, PersonFacts, PersonRow } from './people.ts'
import { roleLabel, roleLabels } from './roles.ts'
import { tabs } from './tabs.ts'

type Form = Pick<FormView<Record<never, never>>, 'summary' | 'fields'>

export function peoplePage(facts: {
  readonly view: View
  readonly actorId: string
  readonly found: PeoplePage
  readonly counts: Counts
  readonly page: number
  readonly q: string
}): Html {
  const { view, actorId, found, counts, page, q } = facts
  const main = html`<header class="page-head">
<h1>People</h1>
<a class="button" href="/admin/people/new">Add a person</a>
</header>
<div>
${tabs(counts, '/admin/people')}
<form class="ledger-search" role="search" aria-label="People" action="/admin/people" method="get">
<label class="visually-hidden" for="people-q">Name or email address</label>
<input id="people-q" name="q" type="search" value="${q}" maxlength="100" placeholder="Name or email address" autocomplete="off">
<button class="button-quiet">Find</button>
</form>
${found.people.length === 0 ? nobodyFound : ledger(found.people, actorId)}
</div>
${peoplePaging(found, page, q)}`
  return layout({ view, title: 'People', main })
}

const nobodyFound = html`<div class="empty">
<p class="empty-title">Nobody here.</p>
<p>No name or address holds these words.</p>
<a class="button button-quiet" href="/admin/people">Show everybody</a>
</div>`

function ledger(people: readonly PersonRow[], actorId: string): Html {
  return html`<table class="ledger" role="table" aria-label="People">
<thead role="rowgroup"><tr role="row">
<th role="columnheader" scope="col">Name</th>
<th role="columnheader" scope="col">Email</th>
<th role="columnheader" scope="col">State</th>
<th role="columnheader" scope="col">Second factor</th>
<th role="columnheader" scope="col">Role</th>
<th role="columnheader" scope="col"><span class="visually-hidden">Actions</span></th>
</tr></thead>
<tbody role="rowgroup">${people.map((person) => row(person, person.id === actorId))}</tbody>
</table>`
}

function row(person: PersonRow, isActor: boolean): Html {
  const { id, name, email, createdAt, hasSecondFactor } = person
  return html`<tr role="row">
<th role="rowheader" scope="row"><a href="/people/${id}">${name}</a><p class="meta"><span>Since ${day(createdAt)}</span></p></th>
<td role="cell" data-label="Email">${email}</td>
<td role="cell" data-label="State">${stateOf(person)}</td>
<td role="cell" data-label="Second factor">${hasSecondFactor ? html`<span class="status status-live">Set up</span>` : html`<span class="status">None</span>`}</td>
<td role="cell" data-label="Role">${isActor ? roleLabel(person.role) : roleForm(person)}</td>
<td role="cell">${isActor ? html`<p class="actions meta"><span>This is you</span></p>` : actions(person)}</td>
</tr>`
}

function stateOf({ suspendedAt, passwordChangedAt }: PersonRow): Html {
  if (suspendedAt !== null) return html`<span class="status status-stopped">Suspended</span>`
  return passwordChangedAt === null
    ? html`<span class="status">Invited</span>`
    : html`<span class="status status-live">Active</span>`
}

function roleForm({ id, name, role }: PersonRow): Html {
  const options = Object.entries(roleLabels).map(
    ([value, label]) => html`<option value="${value}" selected=${value === role}>${label}</option>`,
  )
  return html`<form method="post" action="/admin/people/${id}/role">
<select name="role" aria-label="Role of ${name}">${options}</select>
<button class="button-quiet">Set<span class="visually-hidden"> role of ${name}</span></button>
</form>`
}

function actions({ id, name, suspendedAt }: PersonRow): Html {
  const suspension =
    suspendedAt === null
      ? html`<a class="button button-quiet" href="/admin/people/${id}/suspend">Suspend<span class="visually-hidden"> ${name}</span></a>`
      : html`<form method="post" action="/admin/people/${id}/restore"><button class="button-quiet">Restore<span class="visually-hidden"> ${name}</span></button></form>`
  return html`<div class="actions">
<form method="post" action="/admin/people/${id}/link"><button class="button-quiet">New link<span class="visually-hidden"> for ${name}</span></button></form>
${suspension}
<a class="button button-danger" href="/admin/people/${id}/delete">Delete<span class="visually-hidden"> ${name}</span></a>
</div>`
}

function peoplePaging({ pages }: PeoplePage, page: number, q: string): Html | null {
  const to = (number: number): string =>
    `/admin/people?page=${number}${q === '' ? '' : `&q=${encodeURIComponent(q)}`}`
  return paging({
    before: page > 1 ? to(page - 1) : null,
    after: page < pages ? to(page + 1) : null,
    here: `Page ${page} of ${pages}`,
    labels: ['Back', 'Further'],
    thing: 'people',
  })
}

export function addPage(view: View, form: Form): Html {
  const main = html`<div class="narrow">
<h1>Add a person</h1>
<p>They choose their own password, by a link that you give to them.</p>
<form class="form" method="post">
${form.summary}
${form.fields}
<div class="actions"><button>Make the link</button><a href="/admin/people">Cancel</a></div>
</form>
</div>`
  return layout({ view, title: 'Add a person', main })
}

/** The only page that ever shows the link. */
export function linkPage(view: View, { name, secret, expiresAt }: Invitation): Html {
  const main = html`<header class="page-head"><h1>A link for ${name}</h1></header>
<div><p class="prose">Give this to them yourself. They choose a password with it. It works once, until ${minute(expiresAt)} UTC.</p></div>
<div>
<p class="one-time"><code>${view.origin}/welcome/${secret}</code></p>
<p class="request-id">It is not shown again. If it gets lost, make a new one: this one is void then.</p>
</div>
<div><a class="button" href="/admin/people">Done</a></div>`
  return layout({ view, title: `A link for ${name}`, main })
}

export function deletePage(view: View, person: PersonFacts, form: Form): Html {
  const { name, posts, comments } = person
  const main = html`<div class="narrow">
<h1>Delete ${name}?</h1>
<p>The account goes, and with it ${counted(posts, 'post')} and ${counted(comments, 'comment')} of theirs, and the comments of others below those posts. They get a last mail about it. This cannot be undone. A suspension can.</p>
<form class="actions" method="post">
${form.summary}
<button class="button-danger">Delete this person</button>
<a href="/admin/people">Keep them</a>
</form>
</div>`
  return layout({ view, title: `Delete ${name}?`, main })
}

export function suspendPage(view: View, { name, suspendedAt }: PersonFacts, form: Form): Html {
  const already = html`<p>${name} is suspended already.</p><p><a href="/admin/people">Back to the people</a></p>`
  const asked = html`<p>They are signed out everywhere, cannot sign in, and get a mail about it. What they wrote stays. A restoration takes it all back.</p>
<form class="form" method="post">
${form.summary}
${form.fields}
<div class="actions"><button>Suspend this person</button><a href="/admin/people">Leave them be</a></div>
</form>`
  const main = html`<div class="narrow">
<h1>Suspend ${name}?</h1>
${suspendedAt === null ? asked : already}
</div>`
  return layout({ view, title: `Suspend ${name}?`, main })
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
