/** Every type of page that the site has, and how a browser gets there. */
import type { Page } from 'playwright-core'
import { addPerson, type Role } from './harness.ts'

export type PageType = {
  readonly name: string
  /** A visitor when left out. */
  readonly as?: Role
  readonly status?: number
  readonly reach: (page: Page) => Promise<unknown>
}

const at = (path: string) => (page: Page) => page.goto(path)

/** Follows the first link that fits, from a page. */
const follow = (from: string, selector: string) => async (page: Page) => {
  await page.goto(from)
  await page.locator(selector).first().click()
  await page.waitForLoadState()
}

/** Sends a form as the browser alone would not: its own checks are switched off. */
async function sendUnchecked(page: Page, button: string): Promise<void> {
  const forms = "for (const form of document.querySelectorAll('main form')) form.noValidate = true"
  await page.evaluate(forms)
  await page.getByRole('button', { name: button, exact: true }).click()
  await page.getByRole('alert').waitFor()
}

const refused = (path: string, button: string) => async (page: Page) => {
  await page.goto(path)
  await sendUnchecked(page, button)
}

const post = '.post-list a[href^="/posts/"]'
let added = 0

export const pageTypes: readonly PageType[] = [
  { name: 'front page', reach: at('/') },
  { name: 'post', reach: follow('/', post) },
  { name: 'profile', reach: follow('/', '.meta a[href^="/people/"]') },
  { name: 'search, nothing asked', reach: at('/search') },
  { name: 'search, found', reach: at('/search?q=the') },
  { name: 'search, nothing found', reach: at('/search?q=zzzz') },
  { name: 'sign in', reach: at('/login') },
  { name: 'sign in, refused', status: 422, reach: refused('/login', 'Sign in') },
  { name: 'not found', status: 404, reach: at('/nowhere') },
  { name: 'method refused', status: 405, reach: at('/logout') },
  { name: 'forbidden', as: 'viewer', status: 403, reach: at('/admin/people') },
  { name: 'no comments of a viewer', as: 'viewer', reach: follow('/', post) },
  { name: 'post with comment form', as: 'member', reach: follow('/', post) },
  {
    name: 'comment, refused',
    as: 'member',
    status: 422,
    reach: async (page) => {
      await follow('/', post)(page)
      await sendUnchecked(page, 'Post comment')
    },
  },
  { name: 'settings', as: 'member', reach: at('/settings') },
  {
    name: 'settings, refused',
    as: 'member',
    status: 422,
    reach: async (page) => {
      await page.goto('/settings')
      await page.getByLabel('Name', { exact: true }).fill('')
      await sendUnchecked(page, 'Save the profile')
    },
  },
  { name: 'email', as: 'member', reach: at('/account/email') },
  { name: 'password', as: 'member', reach: at('/account/password') },
  {
    name: 'password, refused',
    as: 'member',
    status: 422,
    reach: refused('/account/password', 'Change the password'),
  },
  { name: 'my posts', as: 'editor', reach: at('/posts/mine') },
  { name: 'new post', as: 'editor', reach: at('/posts/new') },
  { name: 'new post, refused', as: 'editor', status: 422, reach: refused('/posts/new', 'Publish') },
  { name: 'edit', as: 'editor', reach: follow('/posts/mine', 'a[href$="/edit"]') },
  { name: 'draft', as: 'editor', reach: follow('/posts/mine?show=drafts', '.ledger th a') },
  { name: 'people', as: 'admin', reach: at('/admin/people') },
  { name: 'people, nobody found', as: 'admin', reach: at('/admin/people?q=zzzz') },
  { name: 'add a person', as: 'admin', reach: at('/admin/people/new') },
  {
    name: 'add a person, refused',
    as: 'admin',
    status: 422,
    reach: refused('/admin/people/new', 'Make the link'),
  },
  {
    name: 'one-time link',
    as: 'admin',
    status: 201,
    reach: async (page) => {
      added += 1
      const email = `page.${added}@press.example`
      await addPerson(page, { name: 'Somebody', email, role: 'viewer' })
    },
  },
  {
    name: 'welcome',
    as: 'admin',
    reach: async (page) => {
      added += 1
      const email = `page.${added}@press.example`
      await page.goto(await addPerson(page, { name: 'Somebody', email, role: 'viewer' }))
    },
  },
  { name: 'delete a person', as: 'admin', reach: follow('/admin/people', 'a[href$="/delete"]') },
  { name: 'all posts', as: 'admin', reach: at('/admin/posts') },
  { name: 'all drafts', as: 'admin', reach: at('/admin/posts?state=draft') },
  { name: 'all comments', as: 'admin', reach: at('/admin/comments') },
]
