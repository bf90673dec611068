/**
 * The feed's XML (RFC 4287). Identifiers do not change with an address: entries are named by their
 * UUID (RFC 9562), the feed by a tag of the site (RFC 4151).
 */
import { type Html, html, markupText } from 'demijohn'
import { articleMarkup } from '../markdown/markdown.ts'
import type { Post } from '../posts/data.ts'
import { isoTime } from '../posts/dates.ts'

/** What XML 1.0 has no way to write (section 2.2, production 2). */
const notInXml = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu

export function feedMarkup(origin: string, posts: readonly Post[]): Html {
  const updatedAt = Math.max(0, ...posts.map((post) => post.updatedAt))
  return html`<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="${origin}/">
<id>tag:${new URL(origin).hostname},2026:press</id>
<title>Press</title>
<link rel="self" type="application/atom+xml" href="${`${origin}/feed.xml`}"/>
<link rel="alternate" type="text/html" href="${`${origin}/`}"/>
<updated>${isoTime(updatedAt)}</updated>
${posts.map((post) => entry(origin, post))}</feed>
`
}

function entry(origin: string, post: Post): Html {
  return html`<entry>
<id>urn:uuid:${post.id}</id>
<title>${xmlText(post.title)}</title>
<link rel="alternate" type="text/html" href="${origin}/posts/${post.id}"/>
<published>${isoTime(post.publishedAt ?? post.updatedAt)}</published>
<updated>${isoTime(post.updatedAt)}</updated>
<author><name>${xmlText(post.authorName)}</name><uri>${`${origin}/people/${post.ownerId}`}</uri></author>
${post.summary === '' ? null : html`<summary>${xmlText(post.summary)}</summary>`}
<content type="html">${xmlText(markupText(articleMarkup(post.body)))}</content>
</entry>
`
}

function xmlText(text: string): string {
  return text.replace(notInXml, '\u{fffd}')
}
