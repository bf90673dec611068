/** Every page of an account for eyes and ears. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { walkAccountPages } from './accountPages.ts'
import { deviceOf } from './authenticators.ts'
import { faultsOf } from './axe.ts'
import { skip } from './harness.ts'
import { complaintsOf, journey, pressInProduction } from './production.ts'

const stage = pressInProduction()

journey(
  stage,
  'accounts in Chromium: no page breaks a rule of accessibility, light and wide, dark and narrow',
  async ({ visit }) => {
    const page = await visit({ bypassCSP: true })
    const device = await deviceOf(page)
    const seen: string[] = []
    const faults: string[] = []
    await walkAccountPages(page, stage(), 'Annie', {
      device,
      look: async (name) => {
        seen.push(name)
        for (const fault of await faultsOf(page)) faults.push(`${name}: ${fault}`)
      },
    })
    assert.deepEqual(faults, [])
    assert.equal(new Set(seen).size, 31)
  },
)

test('accounts in Chromium: errors, violations of the policy and faults of a page would be noticed', {
  skip,
}, async () => {
  const { browser, origin } = stage()
  const context = await browser.newContext({ baseURL: origin })
  const page = await context.newPage()
  const complaints = complaintsOf(page)
  await page.goto('/login')
  assert.deepEqual(complaints, [])
  const violation = page.waitForEvent('console')
  const foreign =
    "document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: 'http://127.0.0.1:1/x.css' }))"
  await page.evaluate(foreign)
  await violation
  const error = page.waitForEvent('pageerror')
  await page.evaluate("setTimeout(() => { throw new Error('on purpose') })")
  await error
  assert.match(complaints.join('\n'), /Content Security Policy/)
  assert.match(complaints.join('\n'), /on purpose/)
  await context.close()

  const bypassing = await browser.newContext({ baseURL: origin, bypassCSP: true })
  const worse = await bypassing.newPage()
  await worse.goto('/login')
  await worse.evaluate(
    `document.querySelector('main').insertAdjacentHTML('beforeend', '<input><p style="color:#777;background:#888;width:2000px">Grey</p>')`,
  )
  const found = (await faultsOf(worse)).join('\n')
  for (const sign of [/label: /, /360 dark color-contrast/, /360: \d+ px too wide/]) {
    assert.match(found, sign)
  }
  await bypassing.close()
})
