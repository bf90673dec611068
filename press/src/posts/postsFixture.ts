/** What the tests of Press's features share: a site, posts on it, and eyes for script. */
import assert from 'node:assert/strict'
import { createId } from 'demijohn'
import {
  type SignedInClient,
  type TestClient,
  type TestReply,
  type TestSite,
  testApp,
} from 'demijohn/testing'
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse } from 'parse5'
import type { CommentsTable, PostsTable, ProfilesTable } from '../database.ts'
import { project } from '../project.ts'

type Tables = { posts: PostsTable; comments: CommentsTable; profiles: ProfilesTable }

export type PressSite = TestSite & { readonly tables: ReturnType<typeof tablesOf> }

export async function openPress(): Promise<PressSite> {
  const site = await testApp(project)
  return { ...site, tables: tablesOf(site) }
}

function tablesOf({ db }: TestSite) {
  return db.withTables<Tables>()
}

export type WrittenPost = {
  readonly title: string
  readonly summary?: string
  readonly body?: string
  readonly state?: 'draft' | 'published'
}

/** Writes a post through its form; returns its path. */
export async function writePost(author: SignedInClient, post: WrittenPost): Promise<string> {
  const values = { summary: '', body: 'Text.', state: 'published', ...post }
  const reply = await author.post('/posts/new', values)
  assert.equal(reply.status, 303, reply.text)
  return reply.location ?? ''
}

/** Many published posts at once, the last one the newest: `Post 1` to `Post n`. */
export async function insertPosts(
  { tables, clock }: PressSite,
  authorId: string,
  count: number,
): Promise<void> {
  const now = clock.now()
  const posts = Array.from({ length: count }, (_, index): PostsTable => {
    const at = now + index
    const times = { createdAt: at, updatedAt: at, publishedAt: at }
    const text = { title: `Post ${index + 1}`, summary: '', body: 'Text.' }
    return { id: createId(at), authorId, state: 'published', ...text, ...times }
  })
  await tables.insertInto('posts').values(posts).execute()
}

/** Comments through the form of the post; returns the path of the comment's delete button. */
export async function writeComment(
  author: SignedInClient,
  post: string,
  body: string,
): Promise<string> {
  const reply = await author.post(`${post}/comments`, { body }, { from: post })
  assert.equal(reply.status, 303, reply.text)
  const commentId = /#comment-([0-9a-f-]{36})$/.exec(reply.location ?? '')?.[1]
  assert.ok(commentId !== undefined, 'the answer leads to the comment')
  return `/comments/${commentId}/delete`
}

/** Markup that runs something where it is taken for markup. */
export const hostileTexts: readonly string[] = [
  '<script>alert(1)</script>',
  '"><script>alert(1)</script>',
  "'><img src=x onerror=alert(1)>",
  '<svg/onload=alert(1)>',
  '</title></textarea></style><script>alert(1)</script>',
  '[a](javascript:alert(1))',
  '[a](JaVaScRiPt:alert(1))',
  '[a](java&#x0A;script:alert(1))',
  '[a](data:text/html;base64,PHNjcmlwdD4=)',
  '<javascript:alert(1)>',
  '![a](javascript:alert(1))',
  '![a"onerror="alert(1)](/x "a\'onerror=alert(1)")',
  '[a][b] [b]: javascript:alert(1)',
  '<a href="vbscript:x" onclick=alert(1)>x</a>',
  '{{constructor.constructor("alert(1)")()}} ${alert(1)}',
  ']]><!-- --><iframe srcdoc="<script>alert(1)</script>">',
]

/** Text that does something where it is taken for SQL, in either kind of quote and none. */
export const sqlTexts: readonly string[] = [
  "'; DROP TABLE posts; --",
  "' OR '1'='1",
  '" OR ""="',
  "x' UNION SELECT id, email, name, role FROM demijohn_accounts --",
  "'); DELETE FROM comments; --",
  "\\'; UPDATE demijohn_accounts SET role='admin'; --",
  '1); ATTACH DATABASE "x" AS y; --',
  '$1 ? :name @name',
]

/** Fails where a browser would run something: a script of somebody's, a handler, a script address. */
export function assertInert(markup: string, message: string): void {
  const walk = (node: DefaultTreeAdapterTypes.Node): void => {
    if (defaultTreeAdapter.isElementNode(node)) {
      assert.ok(!/^(?:script|iframe|object|embed|svg|base)$/.test(node.tagName), message)
      for (const { name, value } of node.attrs) {
        assert.ok(!name.startsWith('on') && name !== 'style' && name !== 'srcdoc', message)
        const scheme = value.replace(/[\0-\x20]/g, '').toLowerCase()
        const isAddress = name === 'href' || name === 'src' || name === 'action'
        assert.ok(!isAddress || !/^(?:javascript|data|vbscript):/.test(scheme), message)
      }
    }
    if ('childNodes' in node) for (const child of node.childNodes) walk(child)
  }
  walk(parse(markup))
}

/** The text that a reader sees of a page. */
export function readingOf({ text }: TestReply): string {
  const collect = (node: DefaultTreeAdapterTypes.Node): string => {
    if (defaultTreeAdapter.isTextNode(node)) return node.value
    return 'childNodes' in node ? node.childNodes.map(collect).join('') : ''
  }
  return collect(parse(text))
}

/** Sends a form that the page does not show, with the token of one that it does. */
export async function sendForm(
  client: TestClient,
  target: string,
  values: Readonly<Record<string, string>>,
): Promise<TestReply> {
  const token = (await client.get('/')).forms.find((form) => form.values.has('formToken'))
  return client.send({
    method: 'POST',
    target,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      origin: 'https://site.example',
      'sec-fetch-site': 'same-origin',
    },
    body: new URLSearchParams({
      ...values,
      formToken: token?.values.get('formToken') ?? '',
    }).toString(),
  })
}

/** A page without what differs at every request. */
export function withoutTokens(markup: string): string {
  return markup.replace(/value="[A-Za-z0-9_-]{86}"/g, '').replace(/<code>[^<]*<\/code>/g, '')
}
