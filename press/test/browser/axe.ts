/** What a page does wrong for eyes and ears: axe in a browser, in both schemes, wide and narrow. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Runs in the page; one line for each element that breaks a rule. */
const runAxe = `axe.run(document, ${JSON.stringify({
  runOnly: { type: 'tag', values: tags },
  resultTypes: ['violations'],
})}).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html.slice(0, 150))))`

const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'

export const wide = { width: 1280, height: 900 } as const
export const narrow = { width: 360, height: 780 } as const

/** Colours do not depend on the width, so each width and each scheme is looked at once. */
const sights = [
  { size: wide, colorScheme: 'light' },
  { size: narrow, colorScheme: 'dark' },
] as const

/** One line for each fault; empty for a page that is as it should be. The page bypasses its policy. */
export async function faultsOf(page: Page): Promise<readonly string[]> {
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
