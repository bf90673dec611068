/**
 * Says in words what a browser calls itself: "Firefox on Linux".
 *
 * Stops text of a stranger's in pages and mails: the header is anybody's to write, so nothing of it
 * is repeated; the answer is put together from the words below. A claim, not a proof.
 */

/** The first that is found names the browser: most call themselves by the names below theirs, too. */
const browsers = [
  ['Edg', 'Edge'],
  ['OPR/', 'Opera'],
  ['SamsungBrowser/', 'Samsung Internet'],
  ['Vivaldi/', 'Vivaldi'],
  ['FxiOS/', 'Firefox'],
  ['Firefox/', 'Firefox'],
  ['CriOS/', 'Chrome'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const

/** Android says Linux, iPhones and iPads say Mac OS X. */
const systems = [
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Android', 'Android'],
  ['Windows', 'Windows'],
  ['CrOS', 'ChromeOS'],
  ['Mac OS X', 'macOS'],
  ['Linux', 'Linux'],
] as const

/** Longer ones are cut: a table of sessions has room for no more, and browsers need half of it. */
const maxCharacters = 256

/** "Firefox on Linux", "Chrome", "a browser on Windows"; "an unknown browser" for all else. */
export function describeBrowser(userAgent: string): string {
  const text = userAgent.slice(0, maxCharacters)
  const browser = browsers.find(([sign]) => text.includes(sign))?.[1]
  const system = systems.find(([sign]) => text.includes(sign))?.[1]
  if (system === undefined) return browser ?? 'an unknown browser'
  return `${browser ?? 'a browser'} on ${system}`
}
