/** The forms of a date that lists, profiles and feeds want beside those of the layout. */
import { type Html, html } from 'demijohn'

const shortFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })
const monthFormat = new Intl.DateTimeFormat('en-GB', {
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
})

/** `22 Nov 2026`, from UTC milliseconds. */
export function shortDay(milliseconds: number): Html {
  return html`<time datetime="${isoTime(milliseconds)}">${shortFormat.format(milliseconds)}</time>`
}

/** `November 2026`, from UTC milliseconds. */
export function month(milliseconds: number): string {
  return monthFormat.format(milliseconds)
}

/** From UTC milliseconds to RFC 3339, as HTML and Atom want it. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
