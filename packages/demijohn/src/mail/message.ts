/**
 * What a mail says: plain text and HTML from the same few parts.
 *
 * Stops a second recipient through one address (`a@x,b@y`), headers through a line break in an
 * address or a subject, markup through a name (ASVS 1.3.11, 1.2.1), and links that lead away: a link
 * is a path, and the site's configured origin is put in front of it here, so that no Host header can
 * stand in a mail. Nothing in it is fetched from anywhere, and it carries no script and no image.
 *
 * Does not stop a name such as `evil.example` from being made a link by the reader's program, beyond
 * breaking up `://` and `www.`: keep what strangers chose out of mails to others.
 */
import { parseEmail } from '../html/email.ts'
import { type Html, html } from '../html/template.ts'
import { parseLocalPath } from '../web/localPath.ts'

/** What an application says. Every text is one line: a paragraph is an entry of the list. */
export type MailContent = {
  /** One address as it is stored, in ASCII; never one that was just typed in. */
  readonly to: string
  /** At most 150 characters. */
  readonly subject: string
  /** 1 to 20, each of at most 2,000 characters. */
  readonly paragraphs: readonly string[]
  /** A link on this site: its text, and its path from the first slash on. */
  readonly action?: { readonly label: string; readonly path: string }
  /** Said below, in small: why this mail came. */
  readonly footer?: string
}

/** A mail ready to be queued. */
export type MailMessage = {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: Html
}

/** A mail that may not be sent. Names the part, never what stood in it. */
export class MailProblem extends Error {
  override readonly name = 'MailProblem'
}

export const maxSubjectCharacters = 150
const maxParagraphCharacters = 2_000
const maxParagraphs = 20

/** Ends a line somewhere, moves a cursor, or turns the direction of reading: C0, DEL, C1, U+2028, bidi. */
const unprintable = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u

/**
 * Makes a mail. `origin` is the configured one; `signature` closes it.
 * @throws MailProblem for anything that does not belong into a mail.
 */
export function mailMessage(
  content: MailContent,
  site: { readonly origin: string; readonly signature: string },
): MailMessage {
  const { to, subject } = content
  const { paragraphs, footer } = content
  requireAddress(to)
  requireLine('subject', subject, maxSubjectCharacters)
  if (paragraphs.length < 1 || paragraphs.length > maxParagraphs) {
    throw new MailProblem(`mail: a mail has 1 to ${maxParagraphs} paragraphs`)
  }
  for (const paragraph of paragraphs) requireLine('paragraphs', paragraph, maxParagraphCharacters)
  if (footer !== undefined) requireLine('footer', footer, maxParagraphCharacters)
  const body = {
    subject,
    signature: site.signature,
    paragraphs: paragraphs.map(withoutLinks),
    action: linkOf(content, site.origin),
    footer: footer === undefined ? undefined : withoutLinks(footer),
  }
  return Object.freeze({ to, subject, text: asText(body), html: asHtml(body) })
}

/**
 * Refuses everything but one plain address. Text outside of ASCII is refused before it could be
 * normalised to another address than the one that is stored (CVE-2019-19844 and its kin).
 * @throws MailProblem
 */
export function requireAddress(to: string): void {
  if (!/^[\x21-\x7e]+$/.test(to) || parseEmail(to) === undefined) {
    throw new MailProblem('mail: to is not one plain address')
  }
}

/** @throws MailProblem unless the text is one printable line within its bound. */
export function requireLine(part: string, text: string, max: number): void {
  if (text.trim() === '' || text.length > max) {
    throw new MailProblem(`mail: ${part} has 1 to ${max} characters`)
  }
  if (unprintable.test(text) || !text.isWellFormed()) {
    throw new MailProblem(`mail: ${part} has a line break or another control character`)
  }
}

type Body = {
  readonly subject: string
  readonly signature: string
  readonly paragraphs: readonly string[]
  readonly action: { readonly label: string; readonly url: string } | undefined
  readonly footer: string | undefined
}

function linkOf({ action }: MailContent, origin: string): Body['action'] {
  if (action === undefined) return undefined
  requireLine('action.label', action.label, maxSubjectCharacters)
  const path = parseLocalPath(action.path)
  if (path === undefined) throw new MailProblem('mail: action.path is not a path of this site')
  return { label: withoutLinks(action.label), url: `${origin}${path}` }
}

/** What programs make a link of by themselves, broken up: the one link is the action. */
function withoutLinks(text: string): string {
  return text.replaceAll('://', ': //').replace(/\bwww\./gi, 'www .')
}

function asText({ paragraphs, action, footer, signature }: Body): string {
  const parts = [...paragraphs]
  if (action !== undefined) parts.push(`${action.label}:\n${action.url}`)
  if (footer !== undefined) parts.push(footer)
  // Dash, dash, blank: what programs that read mail know as the beginning of the signature.
  parts.push(`-- \n${signature}`)
  return `${parts.join('\n\n')}\n`
}

/** Without a style: readers bring their own, and so it is legible in light and in dark. */
function asHtml({ subject, paragraphs, action, footer, signature }: Body): Html {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${subject}</title></head>
<body>
${paragraphs.map((paragraph) => html`<p>${paragraph}</p>\n`)}
${
  action &&
  html`<p><strong><a href="${action.url}">${action.label}</a></strong></p>
<p><small>If the link does not open, copy this address:<br>${action.url}</small></p>`
}
<hr>
${footer !== undefined && html`<p><small>${footer}</small></p>`}
<p><small>${signature}</small></p>
</body>
</html>`
}
