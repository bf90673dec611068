/** The frame of every page: head, header, footer. What a person may not do is not offered to them. */
import { absent, type Html, html, prerender, type View } from 'demijohn'
import { can } from '../kit.ts'

type Entry = { readonly to: `/${string}`; readonly label: string }

/** `current` is the path to mark in the menu; null marks none, as on an error page. */
export function frame(facts: {
  readonly view: View
  readonly title: string
  readonly main: Html
  readonly current: string | null
}): Html {
  const { view, title, main, current } = facts
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title} · Press</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${staticLinks(view.asset)}
<link rel="alternate" type="application/atom+xml" title="Press" href="/feed.xml">
</head>
<body>
<a class="skip-link" href="#main">Skip to the text</a>
<header class="site-header">
<a class="wordmark" href="/">Press</a>
<nav class="site-nav" aria-label="Main">
<ul>${entriesFor(view).map((entry) => menuItem(entry, current))}</ul>
</nav>
<form class="site-search" role="search" action="/search" method="get">
<label class="visually-hidden" for="site-q">Search posts</label>
<input id="site-q" name="q" type="search" maxlength="100" placeholder="Search posts" autocomplete="off">
<button class="button-quiet">Search</button>
</form>
${account(view, current)}
</header>
<main id="main" tabindex="-1">
${view.notice === null ? null : html`<p class="flash" role="status">${view.notice}</p>`}
${main}
</main>
<footer class="site-footer">
<a class="wordmark" href="/">Press</a>
<p>Set in Newsreader and Schibsted Grotesk.</p>
<ul><li><a href="/feed.xml">Atom feed</a></li><li><a href="/api/v1/docs">API</a></li></ul>
</footer>
</body>
</html>`
}

const linksOf = new WeakMap<View['asset'], Html>()

/** The same on every page, so it is rendered once. */
function staticLinks(asset: View['asset']): Html {
  const known = linksOf.get(asset)
  if (known !== undefined) return known
  const links =
    prerender(html`<link rel="preload" href="${asset('fonts/newsreader-latin.woff2')}" as="font" type="font/woff2" crossorigin>
<link rel="preload" href="${asset('fonts/schibsted-grotesk-latin.woff2')}" as="font" type="font/woff2" crossorigin>
<link rel="stylesheet" href="${asset('press.css')}">
<link rel="icon" href="${asset('favicon.svg')}" type="image/svg+xml">
<link rel="icon" href="${asset('favicon.ico')}" sizes="32x32">
<link rel="apple-touch-icon" href="${asset('apple-touch-icon.png')}">`)
  linksOf.set(asset, links)
  return links
}

function entriesFor({ user }: View): readonly Entry[] {
  const writing: readonly Entry[] = [
    { to: '/posts/mine', label: 'My posts' },
    { to: '/posts/new', label: 'New post' },
  ]
  const people: readonly Entry[] = [{ to: '/admin/people', label: 'People' }]
  const comments: readonly Entry[] = [{ to: '/admin/comments', label: 'Comments' }]
  return [
    { to: '/', label: 'Posts' },
    ...(can(user, 'post:write') ? writing : []),
    ...(can(user, 'user:manage') ? people : []),
    ...(can(user, 'comment:moderate') ? comments : []),
  ]
}

/** One entry of a list of links, marked when it leads to where one is. */
export function menuItem({ to, label }: Entry, current: string | null): Html {
  return to === current
    ? html`<li><a href="${to}" aria-current="page">${label}</a></li>`
    : html`<li><a href="${to}">${label}</a></li>`
}

/**
 * Nothing on an error page with nobody: most refusals come before the session is read, and who is
 * signed in should not be told to sign in.
 */
function account({ user }: View, current: string | null): Html | null {
  if (user === null) {
    if (current === null) return null
    return html`<div class="site-account">
<a href="/register" aria-current="${current === '/register' ? 'page' : absent}">Register</a>
<a class="button button-quiet" href="/login" aria-current="${current === '/login' ? 'page' : absent}">Sign in</a>
</div>`
  }
  return html`<div class="site-account">
<a href="/account" aria-current="${current === '/account' ? 'page' : absent}">${user.name}</a>
<form method="post" action="/logout"><button class="button-quiet">Sign out</button></form>
</div>`
}
