/**
 * Pages of other origins against somebody who is signed in: forms, fetch, images, frames. Each
 * attempt is refused, and the site afterwards is what it was before.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Page, Response } from 'playwright-core'
import {
  type Attacker,
  baited,
  enctypes,
  type Forged,
  scripted,
  startAttacker,
} from './attacker.ts'
import { pressInBrowser, signedInName, skip, textOf } from './harness.ts'

const stage = pressInBrowser()
let attacker: Attacker

before(async () => {
  attacker = await startAttacker()
})
after(() => attacker.close())

const relations = ['crossSite', 'sameSite'] as const

/** What an administrator can do by a form, with values that would be accepted from the site itself. */
async function forgeries(admin: Page): Promise<readonly Forged[]> {
  const post = await hrefIn(admin, '/', '.cover a[href^="/posts/"]')
  const deletion = await hrefIn(admin, '/admin/people', 'a[href$="/delete"]')
  const person = deletion.slice(0, -'/delete'.length)
  await admin.goto(post)
  const comment = await admin.locator('form[action^="/comments/"]').first().getAttribute('action')
  assert.ok(comment !== null)
  const written = { title: 'Forged', summary: '', body: 'Forged.', state: 'published' }
  await admin.goto(`${post}/edit`)
  const revision = await admin.locator('[name="revision"]').getAttribute('value')
  assert.ok(revision !== null)
  return [
    { path: '/settings', fields: { name: 'Forged', bio: 'Forged' } },
    { path: '/account/email', fields: { email: 'forged@press.example', currentPassword: 'x' } },
    {
      path: '/account/password',
      fields: {
        currentPassword: stage().accounts.admin.password,
        newPassword: 'words of the attacker',
      },
    },
    { path: '/posts/new', fields: written },
    { path: `${post}/edit`, fields: { ...written, revision } },
    { path: `${post}/delete`, fields: {} },
    { path: `${post}/comments`, fields: { body: 'Forged.' } },
    { path: comment, fields: {} },
    {
      path: '/admin/people/new',
      fields: { name: 'Forged', email: 'forged@press.example', role: 'admin' },
    },
    { path: `${person}/role`, fields: { role: 'admin' } },
    { path: `${person}/suspend`, fields: {} },
    { path: `${person}/link`, fields: {} },
    { path: deletion, fields: {} },
    { path: '/logout', fields: {} },
  ]
}

async function hrefIn(page: Page, path: string, selector: string): Promise<string> {
  await page.goto(path)
  const href = await page.locator(selector).first().getAttribute('href')
  assert.ok(href !== null, selector)
  return href
}

const watched = ['/', '/settings', '/account/email', '/posts/mine', '/admin/people', '/admin/posts']

/** Everything that a forgery could change, as an administrator sees it. */
async function stateOfSite(admin: Page): Promise<string> {
  const seen: string[] = []
  for (const path of [...watched, '/admin/comments']) {
    const answer = await admin.goto(path)
    assert.equal(answer?.status(), 200, path)
    seen.push(await textOf(admin.locator('body')))
    const controls = 'main input:not([type="hidden"]), main textarea, main select'
    for (const input of await admin.locator(controls).all()) {
      seen.push(await input.inputValue())
    }
  }
  return seen.join('\n')
}

function isPressPost(answer: Response): boolean {
  return answer.url().startsWith(stage().origin) && answer.request().method() !== 'GET'
}

/** The statuses of all writing requests that Press has logged, as soon as there are that many. */
async function writesSince(offset: number, least: number): Promise<readonly number[]> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const statuses = [...stage().output().slice(offset).matchAll(writingLine)].map(([, status]) =>
      Number(status),
    )
    if (statuses.length >= least) return statuses
    assert.ok(Date.now() < deadline, `${statuses.length} of ${least} requests came through`)
    await setTimeout(50)
  }
}

const writingLine = /"method":"(?:POST|PUT|DELETE)",[^\n]*?"status":(\d{3})/g

/** Opens the attacker's page and presses its button; the status of what Press answers. */
async function takeBait(victim: Page, address: string): Promise<number> {
  await victim.goto(address)
  const answered = victim.waitForResponse(isPressPost)
  await victim.getByRole('button', { name: 'Win' }).click()
  await victim.waitForURL(({ origin }) => origin === stage().origin)
  return (await answered).status()
}

/** A form token of somebody else's: what an attacker with an account has. */
async function tokenOf(page: Page): Promise<string> {
  await page.goto('/settings')
  const token = await page.locator('input[name="formToken"]').first().getAttribute('value')
  assert.ok(token !== null && token.length > 20)
  return token
}

for (const relation of relations) {
  test(`[asvs 3.5.1] csrf: forms of every enctype from another origin (${relation}) change nothing`, {
    skip,
  }, async () => {
    const admin = await stage().open({ as: 'admin' })
    const formToken = await tokenOf(await stage().open({ as: 'member' }))
    const forged = await forgeries(admin)
    const was = await stateOfSite(admin)
    const victim = await admin.context().newPage()
    for (const [index, { path, fields }] of forged.entries()) {
      // What refuses comes before the body, so the other two need no more than a few routes.
      for (const enctype of index % 5 === 0 ? enctypes : enctypes.slice(0, 1)) {
        const withToken = { path, fields: { ...fields, formToken } }
        attacker.serve(baited(stage().origin, withToken, enctype))
        assert.equal(await takeBait(victim, attacker[relation]), 403, `${path} ${enctype}`)
      }
    }
    assert.equal(await stateOfSite(admin), was)
    await admin.context().close()
  })

  test(`[asvs 3.5.2] csrf: fetch, beacons and images from another origin (${relation}) change nothing and read nothing`, {
    skip,
  }, async () => {
    const admin = await stage().open({ as: 'admin' })
    const forged = await forgeries(admin)
    const was = await stateOfSite(admin)
    const victim = await admin.context().newPage()
    const before = stage().output().length
    for (const one of forged) {
      attacker.serve(scripted(stage().origin, one))
      await victim.goto(attacker[relation])
      const results = await textOf(victim.locator('#done'))
      assert.match(results, /^(refused|opaque)( (refused|opaque))*$/, one.path)
    }
    const statuses = await writesSince(before, forged.length * 3)
    assert.deepEqual([...new Set(statuses)], [403])
    assert.equal(await stateOfSite(admin), was)
    await admin.context().close()
  })

  test(`[asvs 3.4.6] csrf: no page is shown inside another origin (${relation})`, {
    skip,
  }, async () => {
    const admin = await stage().open({ as: 'admin' })
    for (const path of ['/', '/login', '/settings', '/admin/people', '/nowhere', '/feed.xml']) {
      const url = `${stage().origin}${path}`
      attacker.serve(
        `<iframe src="${url}"></iframe><object data="${url}"></object><embed src="${url}"><iframe src="/harmless"></iframe>`,
      )
      await admin.goto(attacker[relation], { waitUntil: 'load' })
      const shown = admin.frames().map((frame) => frame.url())
      assert.ok(shown.includes(`${attacker[relation]}harmless`), 'frames of others are shown')
      assert.ok(!shown.some((other) => other.startsWith(stage().origin)), `${path}: ${shown}`)
    }
    await admin.context().close()
  })

  test(`csrf: nobody is signed in by a form of another origin (${relation})`, {
    skip,
  }, async () => {
    const { email, password } = stage().accounts.member
    // The attacker's own sign-in form, complete with the cookie that its token belongs to.
    const own = await stage().open()
    await own.goto('/login')
    const formToken = await own
      .locator('main form:has(input[name="email"]) input[name="formToken"]')
      .getAttribute('value')
    const planted = (await own.context().cookies()).filter(({ name }) => name === 'visitor')
    assert.ok(formToken !== null && planted.length === 1)
    const victim = await stage().open()
    await victim.context().addCookies(planted)
    for (const enctype of enctypes) {
      const form = { path: '/login', fields: { email, password, formToken } }
      attacker.serve(baited(stage().origin, form, enctype))
      assert.equal(await takeBait(victim, attacker[relation]), 403, enctype)
      assert.equal(await signedInName(victim), null)
    }
    await own.context().close()
    await victim.context().close()
  })
}

test('csrf: the form that is refused from elsewhere is accepted from the site itself', {
  skip,
}, async () => {
  const admin = await stage().open({ as: 'admin' })
  await admin.goto('/settings')
  const answered = admin.waitForResponse(isPressPost)
  await admin.getByRole('button', { name: 'Save the profile' }).click()
  assert.equal((await answered).status(), 303)
  await admin.context().close()
})

test('csrf: a link to /logout, opened by address, from elsewhere or as an image, signs nobody out', {
  skip,
}, async () => {
  const admin = await stage().open({ as: 'admin' })
  const name = await signedInName(admin)
  assert.equal((await admin.goto('/logout'))?.status(), 405)
  for (const relation of relations) {
    attacker.serve(`<a href="${stage().origin}/logout">Look</a>`)
    await admin.goto(attacker[relation])
    const answered = admin.waitForResponse(`${stage().origin}/logout`)
    await admin.getByRole('link', { name: 'Look' }).click()
    assert.equal((await answered).status(), 405)
    attacker.serve(`<img src="${stage().origin}/logout" alt="">`)
    await admin.goto(attacker[relation])
  }
  assert.equal(await signedInName(admin), name)
  assert.notEqual(name, null)
  await admin.context().close()
})
