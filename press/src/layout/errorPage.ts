/** Refusals and faults as a page: fixed texts alone, nothing of the request but its id. */
import { type ErrorPageFacts, type Html, html, type RefusalCode } from 'demijohn'
import { frame } from './frame.ts'

type Words = { readonly title: string; readonly remedy: string }

const neverPrinted: Words = {
  title: 'This page was never printed.',
  remedy: 'The address may be mistyped, or the post was taken back by its author.',
}

/** Where this site has words of its own; the library's do for the others. */
const ownWords: { readonly [Code in RefusalCode]?: Words } = {
  'route.unknown': neverPrinted,
  'resource.not-found': neverPrinted,
  'access.forbidden': {
    title: 'This page is not open to you.',
    remedy: 'Your role does not reach this far. An administrator can change that.',
  },
  // Forms alone come here: whoever looks at a page is led to sign in. What was typed is with the
  // browser still, and fills the form that Back fetches anew, once somebody is signed in for it.
  'access.sign-in-required': {
    title: 'You are no longer signed in.',
    remedy:
      'Nothing was saved, and what you wrote is not lost. Sign in in another tab, return to this one, go back one page, and send it again.',
  },
  'access.step-up-required': {
    title: 'Please confirm that it is you.',
    remedy:
      'It is a while since you signed in, and nothing was changed. Confirm in another tab, return to this one, go back one page, and send it again.',
  },
  'csrf.token-invalid': {
    title: 'You have signed in or out since this form was opened.',
    remedy:
      'Nothing was saved, and what you wrote is not lost. Go back one page and send it again; if you are signed out, sign in in another tab first.',
  },
  'limit.exceeded': {
    title: 'Slow down a little.',
    remedy: 'Too many requests came from you in a short time. Wait a moment, then try again.',
  },
  'fault.unexpected': {
    title: 'Something broke on our side.',
    remedy:
      'It is written down, and not your doing. If you tell us about it, quote the request number below.',
  },
}

const keepsText: ReadonlySet<RefusalCode> = new Set([
  'access.sign-in-required',
  'csrf.token-invalid',
])

export function errorPage({ status, code, title, remedy, requestId, view }: ErrorPageFacts): Html {
  const words = ownWords[code] ?? { title, remedy }
  // Not on a 403 alone: a form's token goes stale for somebody who is not signed in, too.
  const mightSignIn = view.user === null && (status === 401 || status === 403)
  const main = html`<div class="misprint-page">
<p class="misprint" data-number="${status}" aria-hidden="true">${status}</p>
<h1>${words.title}</h1>
<p>${words.remedy}</p>
<p class="actions">${code === 'access.step-up-required' ? confirmElsewhere : null}${mightSignIn ? (keepsText.has(code) ? signInElsewhere : signIn) : null}${readPosts}</p>
<p class="request-id">Error ${status}, request <code>${requestId}</code></p>
</div>`
  return frame({ view, title: words.title, current: null, main })
}

const signIn = html`<a class="button" href="/login">Sign in</a>`
/** In a tab of its own, for this one holds what was typed. */
const signInElsewhere = html`<a class="button" href="/login" target="_blank" rel="noopener">Sign in <span class="visually-hidden">in a new tab</span></a>`
const confirmElsewhere = html`<a class="button" href="/login/confirm" target="_blank" rel="noopener">Confirm <span class="visually-hidden">in a new tab</span></a>`
const readPosts = html`<a class="button button-quiet" href="/">Read the latest posts</a>`
