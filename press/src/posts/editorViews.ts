/** The pages on which a post is written, changed and deleted. */
import { type FormView, type Html, html } from 'demijohn'
import type { PageView } from '../kit.ts'
import { layout } from '../layout/layout.ts'
import { type Post, revisionOf } from './data.ts'
import type { editFields, postFields } from './fields.ts'

export function newPage(view: PageView, form: FormView<typeof postFields>): Html {
  const title = 'New post'
  const main = html`<header class="page-head"><h1>${title}</h1>${draft}</header>
<div><form class="form editor" method="post">
${form.summary}
${form.field('title')}
${form.field('summary')}
${form.field('body')}
<div class="actions">${saveDraft}<a href="/posts/mine">Cancel</a></div>
</form></div>`
  return layout({ view, title, main })
}

type EditShown = {
  readonly form: FormView<typeof editFields>
  /** As it is now, which is not always what the form began with. */
  readonly post: Post
}

export function editPage(view: PageView, { form, post }: EditShown): Html {
  const title = 'Edit post'
  const isPublished = post.state === 'published'
  const main = html`<header class="page-head"><h1>${title}</h1>${isPublished ? live : draft}</header>
<div><form class="form editor" method="post">
${form.summary}
${form.error('revision') === undefined ? form.field('revision') : overtaken(post)}
${form.field('title')}
${form.field('summary')}
${form.field('body')}
<div class="actions">${isPublished ? savePublished : saveDraft}<a href="/posts/${post.id}">Cancel</a></div>
</form></div>`
  return layout({ view, title, main })
}

/** Whoever has been told may save over it: from here on the form stands on the version of now. */
function overtaken(post: Post): Html {
  return html`<p>What you wrote is still below. Look at <a href="/posts/${post.id}" target="_blank" rel="noopener">the post as it is now (opens in a new tab)</a> and take over what should stay. Saving again replaces that version with yours.</p>
<input type="hidden" name="revision" value="${revisionOf(post)}">`
}

const live = html`<span class="status status-live">Published</span>`
const draft = html`<span class="status">Draft</span>`

// Enter in the title presses the first button: what is a draft stays one.
const saveDraft = html`<button class="button-quiet" name="state" value="draft">Save draft</button>
<button name="state" value="published">Publish</button>`

const savePublished = html`<button name="state" value="published">Save</button>
<button class="button-quiet" name="state" value="draft">Take back to draft</button>`

type DeleteShown = {
  readonly form: FormView<Record<never, never>>
  readonly post: Post
  readonly comments: number
}

export function deletePage(view: PageView, { form, post, comments }: DeleteShown): Html {
  const title = `Delete “${post.title}”?`
  const main = html`<div class="narrow">
<h1>${title}</h1>
<p>The post goes, and with it ${comments === 1 ? '1 comment' : `${comments} comments`}. This cannot be undone. Taking it back to draft can.</p>
<form class="actions" method="post">
${form.summary}
<button class="button-danger">Delete this post</button>
<a href="/posts/${post.id}">Keep it</a>
</form>
</div>`
  return layout({ view, title, main })
}
