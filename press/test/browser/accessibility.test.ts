/** Every type of page for eyes, ears and keyboards: axe, narrow screens, focus, motion. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { pathOf, pressInBrowser, skip } from './harness.ts'
import { pageTypes } from './pages.ts'

const stage = pressInBrowser()

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Runs in the page; one line for each element that breaks a rule. */
const runAxe = `axe.run(document, ${JSON.stringify({
  runOnly: { type: 'tag', values: tags },
  resultTypes: ['violations'],
})}).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html.slice(0, 150))))`

/** Each width and each scheme once: what colours there are does not depend on the width. */
const sights = [
  { size: { width: 1280, height: 900 }, colorScheme: 'light' },
  { size: { width: 360, height: 780 }, colorScheme: 'dark' },
] as const

const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'

async function violations(page: Page): Promise<readonly string[]> {
  const found: string[] = []
  await page.evaluate(axe)
  for (const { size, colorScheme } of sights) {
    await page.setViewportSize(size)
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const line of await page.evaluate<string[]>(runAxe)) {
      found.push(`${size.width} ${colorScheme} ${line}`)
    }
    const tooWide = await page.evaluate<number>(overflow)
    if (tooWide > 0) found.push(`${size.width}: ${tooWide} px too wide`)
  }
  return found
}

for (const { name, as, status = 200, reach } of pageTypes) {
  test(`accessibility: ${name}: no violation, light and wide, dark and narrow`, {
    skip,
  }, async () => {
    const page = await stage().open({ bypassCSP: true, ...(as === undefined ? {} : { as }) })
    const statuses: number[] = []
    page.on('response', (answer) => {
      if (answer.request().isNavigationRequest()) statuses.push(answer.status())
    })
    await reach(page)
    assert.equal(statuses.at(-1), status)
    assert.deepEqual(await violations(page), [])
    await page.context().close()
  })
}

test('accessibility: a violation would be noticed', { skip }, async () => {
  const page = await stage().open({ bypassCSP: true })
  await page.goto('/')
  const worse = `document.querySelector('main').insertAdjacentHTML('beforeend', '<input><p style="color:#777;background:#888;width:2000px">Grey</p>')`
  await page.evaluate(worse)
  const found = (await violations(page)).join('\n')
  for (const sign of [/label: /, /360 dark color-contrast/, /360: \d+ px too wide/]) {
    assert.match(found, sign)
  }
  await page.context().close()
})

/** What Tab can reach, by rights; radio buttons of a group are one stop. */
const stops = `[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter((one) => !one.disabled && one.tabIndex >= 0 && one.getClientRects().length > 0).length`

/** The element in focus, whether its focus can be seen, and whether it is on the screen. */
const focused = `(() => {
  const one = document.activeElement
  // On the cover the link fills its band by a pseudo-element, which bears the outline.
  const isOutlined = ({ outlineStyle, outlineWidth }) =>
    outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1
  const { width, height, bottom, top } = one.getBoundingClientRect()
  one.dataset.visited ??= String(document.querySelectorAll('[data-visited]').length)
  return {
    visit: Number(one.dataset.visited),
    what: one.outerHTML.slice(0, 100),
    outlined: isOutlined(getComputedStyle(one)) || isOutlined(getComputedStyle(one, '::after')),
    shown: width > 1 && height > 1 && bottom > 0 && top < innerHeight,
  }
})()`
type Focused = {
  readonly visit: number
  readonly what: string
  readonly outlined: boolean
  readonly shown: boolean
}

const walked = ['front page', 'post with comment form', 'sign in', 'new post', 'people', 'settings']

for (const { name, as, reach } of pageTypes.filter((type) => walked.includes(type.name))) {
  test(`accessibility: ${name}: Tab reaches every control, and each shows that it has the focus`, {
    skip,
  }, async () => {
    const page = await stage().open(as === undefined ? {} : { as })
    await reach(page)
    const count = await page.evaluate<number>(stops)
    assert.ok(count > 5)
    for (let stop = 0; stop < count; stop += 1) {
      await page.keyboard.press('Tab')
      const { visit, what, outlined, shown } = await page.evaluate<Focused>(focused)
      assert.equal(visit, stop, `${what} is reached twice`)
      assert.ok(outlined && shown, `the focus is not seen on ${what}`)
    }
    await page.context().close()
  })
}

test('accessibility: the first Tab offers to skip to the text, and Enter does', {
  skip,
}, async () => {
  const page = await stage().open()
  await page.goto('/')
  await page.keyboard.press('Tab')
  assert.equal(await page.locator(':focus').textContent(), 'Skip to the text')
  await page.keyboard.press('Enter')
  assert.equal(await page.locator(':focus').getAttribute('id'), 'main')
  await page.keyboard.press('Tab')
  assert.equal(await page.locator('main :focus').count(), 1)
  await page.context().close()
})

const afterRefusal = [
  { type: 'sign in, refused', field: 'email' },
  { type: 'settings, refused', field: 'name' },
  { type: 'new post, refused', field: 'title' },
  { type: 'password, refused', field: 'newPassword' },
  { type: 'comment, refused', field: 'body' },
]

for (const { type, field } of afterRefusal) {
  test(`accessibility: ${type}: the first wrong field has the focus and is described by its error`, {
    skip,
  }, async () => {
    const found = pageTypes.find(({ name }) => name === type)
    assert.ok(found?.reach !== undefined)
    const page = await stage().open(found.as === undefined ? {} : { as: found.as })
    await found.reach(page)
    const wrong = page.locator(':focus')
    assert.equal(await wrong.getAttribute('name'), field)
    assert.equal(await wrong.getAttribute('aria-invalid'), 'true')
    const described = (await wrong.getAttribute('aria-describedby')) ?? ''
    assert.ok(described.split(' ').includes(`field-${field}-error`))
    await page.getByRole('alert').getByRole('link').first().click()
    assert.equal(await page.locator(':focus').getAttribute('name'), field)
    await page.context().close()
  })
}

for (const javaScriptEnabled of [true, false]) {
  test(`accessibility: forms are sent by Enter, script ${javaScriptEnabled ? 'on' : 'off'}`, {
    skip,
  }, async () => {
    const page = await stage().open({ javaScriptEnabled })
    await page.goto('/')
    await page.getByLabel('Search posts').fill('quad')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: '“quad”' }).waitFor()
    await page.goto('/login')
    await page.getByLabel('Email address').fill(stage().accounts.viewer.email)
    await page.keyboard.press('Tab')
    await page.keyboard.type(stage().accounts.viewer.password)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    assert.equal(pathOf(page), '/')
    await page.context().close()
  })

  test(`accessibility: with reduced motion nothing moves, script ${javaScriptEnabled ? 'on' : 'off'}`, {
    skip,
  }, async () => {
    const page = await stage().open({ javaScriptEnabled, reducedMotion: 'reduce' })
    const moving = `document.getAnimations().filter(({ playState, effect }) =>
      playState === 'running' && effect.getComputedTiming().duration > 1).length`
    for (const path of ['/', '/login', '/nowhere', '/search?q=the']) {
      await page.goto(path)
      await page.locator('main a, main button').first().hover()
      assert.equal(await page.evaluate<number>(moving), 0, path)
    }
    await page.context().close()
  })
}
