/** Moments as readers see them: UTC, in words, with the exact time for machines. */
import { type Html, html } from 'demijohn'

const dayFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
const minuteFormat = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
})

/** `22 November 2026`, from UTC milliseconds. */
export function day(milliseconds: number): Html {
  const date = new Date(milliseconds)
  return html`<time datetime="${date.toISOString()}">${dayFormat.format(date)}</time>`
}

/** `22 November 2026 at 10:11`, from UTC milliseconds. */
export function minute(milliseconds: number): Html {
  const date = new Date(milliseconds)
  return html`<time datetime="${date.toISOString()}">${minuteFormat.format(date)}</time>`
}
