/**
 * `/dev/outbox`: the mails that a project in development would have sent, for whoever works on it.
 *
 * It shows links that sign people in, so it exists on this machine alone: made for any other origin it
 * throws, and `createApplication` makes it for none. The HTML part is shown as its source: what is in
 * a mail is never run here.
 */
import { Misconfiguration } from '../../core/misconfiguration.ts'
import type { DemijohnTables } from '../../data/tables.ts'
import { id } from '../../defences/input/schemas.ts'
import { type Html, html } from '../../html/template.ts'
import type { MailQueue, StoredMail } from '../../mail/queue.ts'
import { notFound } from '../../pipeline/answer.ts'
import { type AnyBlueprint, anyone, createBlueprint } from '../../pipeline/kit.ts'

const path = '/dev/outbox'

/** @throws Misconfiguration for an origin that is not development's. */
export function outbox(deps: { readonly origin: string; readonly mails: MailQueue }): AnyBlueprint {
  const { origin, mails } = deps
  if (origin !== 'loopback') {
    throw new Misconfiguration([
      `the outbox shows everybody's mails and is for development alone; leave it out at ${origin}`,
    ])
  }
  const routes = createBlueprint<DemijohnTables, string, typeof path>(path)
  routes.get('', { access: anyone }, async () => listPage(await mails.list()))
  routes.get('/:mailId', { params: { mailId: id }, access: anyone }, async ({ params }) => {
    const mail = await mails.read(params.mailId)
    return mail === undefined ? notFound() : mailPage(mail, mails.origin)
  })
  return routes
}

function frame(title: string, main: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${title}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; border: 1px solid }
</style></head>
<body><main>
${main}
</main></body>
</html>`
}

function listPage(mails: readonly StoredMail[]): Html {
  const items = mails.map(
    ({ id: mailId, to, subject, createdAt }) =>
      html`<li><a href="/dev/outbox/${mailId}">${subject}</a> to ${to}, ${timeOf(createdAt)}</li>
`,
  )
  const list = items.length === 0 ? html`<p>No mail yet.</p>` : html`<ol>${items}</ol>`
  return frame(
    'Outbox',
    html`<h1>Outbox</h1>
<p>In development no mail is sent. The newest stands first.</p>
${list}`,
  )
}

function mailPage({ to, subject, createdAt, body }: StoredMail, origin: string): Html {
  const shown =
    body === undefined
      ? html`<p>Its text cannot be read any more: the keys of this site were replaced.</p>`
      : html`<h2>Text</h2>
<pre>${withLinks(body.text, origin)}</pre>
<h2>HTML, as its source</h2>
<pre>${body.html}</pre>`
  return frame(
    subject,
    html`<p><a href="/dev/outbox">Outbox</a></p>
<h1>${subject}</h1>
<p>To ${to}, ${timeOf(createdAt)}</p>
${shown}`,
  )
}

function timeOf(milliseconds: number): Html {
  const time = new Date(milliseconds).toISOString()
  return html`<time datetime="${time}">${time}</time>`
}

/** Addresses of this site become links, for that is what a mail is opened for. */
function withLinks(text: string, origin: string): readonly Html[] {
  return text
    .split(/(\s+)/)
    .map((part) =>
      part.startsWith(`${origin}/`) ? html`<a href="${part}">${part}</a>` : html`${part}`,
    )
}
