/** The pages about a person's own account as a whole: what there is, taking it along, deleting it. */
import { type Html, html } from '../../../html/template.ts'
import {
  day,
  formMain,
  messageMain,
  type PageFacts,
  type PageParts,
  type ShownForm,
} from '../appearance.ts'
import type { AccountOverview } from './overview.ts'

type WithForm = PageFacts & { readonly form: ShownForm }

export type OverviewFacts = PageFacts & {
  readonly overview: AccountOverview
  /** Whether a page is there to be linked to. */
  readonly has: (path: string) => boolean
}

export type DeletionFacts = WithForm & {
  readonly email: string
  /** Sentences: what goes, and what stays. */
  readonly deleted: readonly string[]
  readonly kept: readonly string[]
}

export const ownDataPages = {
  account: (facts: OverviewFacts): PageParts => {
    const title = 'Your account'
    const main = html`<div class="form-page account">
<h1>${title}</h1>
<dl class="account-facts">
${whoRows(facts)}
${protectionRows(facts)}
</dl>
${dataSection(facts)}
</div>`
    return { title, main }
  },

  exportData: ({ form }: WithForm): PageParts =>
    formMain({
      title: 'Download your data',
      intro: html`<p>You get one file of JSON with everything that we keep of you: your account, where you are signed in, what protects it, which mails we sent you, and what you have written. Passwords and other secrets are not in it. Keep the file as you would keep a letter.</p>`,
      form,
      button: 'Download',
    }),

  deleteAccount: ({ form, email, deleted, kept }: DeletionFacts): PageParts => {
    const title = 'Delete your account'
    const main = html`<div class="form-page">
<h1>${title}</h1>
<p>This cannot be undone. You may want to <a href="/account/export">download your data</a> first.</p>
${sentences('What is deleted', deleted)}
${sentences('What stays', kept)}
<p>To go on, type your address, <strong>${email}</strong>.</p>
<form method="post">
${form.summary}
${form.fields}
<button class="button-danger">Delete my account</button>
</form>
</div>`
    return { title, main }
  },

  accountDeleted: ({ siteName }: PageFacts): PageParts =>
    messageMain({
      title: 'Your account is deleted',
      body: html`<p>You are signed out everywhere, and a last mail to you is on its way. Thank you for having been at ${siteName}.</p>
<p><a href="/">Go to the front page</a></p>`,
    }),
}

function sentences(title: string, all: readonly string[]): Html {
  return html`<section>
<h2>${title}</h2>
<ul>${all.map((one) => html`<li>${one}</li>`)}</ul>
</section>`
}

function row(term: string, description: Html | string, link: Html | null | false): Html {
  return html`<div><dt>${term}</dt><dd>${description}</dd>${link && html`<dd class="account-link">${link}</dd>`}</div>`
}

function whoRows({ overview, has }: OverviewFacts): readonly Html[] {
  const { name, email, emailVerifiedAt } = overview
  const isRead =
    emailVerifiedAt === null
      ? html`<span class="status">Not confirmed</span>`
      : html`<span class="status status-live">Confirmed</span>`
  return [
    row('Name', name, null),
    row(
      'Email address',
      html`${email} ${isRead}`,
      has('/account/email') &&
        html`<a href="/account/email">Change<span class="visually-hidden"> your address</span></a>`,
    ),
  ]
}

function protectionRows({ overview, has }: OverviewFacts): readonly Html[] {
  const { hasPassword, passwordChangedAt, sessions, identities } = overview
  const password = hasPassword
    ? html`Set${passwordChangedAt !== null && html`, last changed on ${day(passwordChangedAt)}`}`
    : 'None: you sign in without one'
  const isWhere = sessions === 1 ? 'Signed in here alone' : `Signed in at ${sessions} places`
  return [
    row(
      'Password',
      password,
      has('/account/password') &&
        html`<a href="/account/password">${hasPassword ? 'Change' : 'Set one'}<span class="visually-hidden"> (password)</span></a>`,
    ),
    row(
      'Second factors',
      factorsOf(overview),
      has('/account/factors') &&
        html`<a href="/account/factors">Manage<span class="visually-hidden"> second factors</span></a>`,
    ),
    ...(has('/account/identities')
      ? [
          row(
            'Other accounts',
            identities === 0
              ? 'None linked'
              : identities === 1
                ? '1 linked'
                : `${identities} linked`,
            html`<a href="/account/identities">Manage<span class="visually-hidden"> linked accounts</span></a>`,
          ),
        ]
      : []),
    row(
      'Sessions',
      isWhere,
      has('/account/sessions') &&
        html`<a href="/account/sessions">Show<span class="visually-hidden"> your sessions</span></a>`,
    ),
  ]
}

function factorsOf({ appSince, passkeys, recoveryCodesLeft }: AccountOverview): Html {
  if (appSince === null && passkeys === 0) {
    return html`None yet: whoever learns your password can sign in as you`
  }
  return html`<ul>
${appSince !== null && html`<li>Authenticator app, since ${day(appSince)}</li>`}
${passkeys > 0 && html`<li>${passkeys === 1 ? '1 passkey' : `${passkeys} passkeys`}</li>`}
<li>${recoveryCodesLeft === 0 ? 'No recovery codes left' : recoveryCodesLeft === 1 ? '1 recovery code left' : `${recoveryCodesLeft} recovery codes left`}</li>
</ul>`
}

function dataSection({ has }: OverviewFacts): Html {
  return html`<section>
<h2>Your data</h2>
<ul class="account-data">
${has('/account/export') && html`<li><a href="/account/export">Download your data</a></li>`}
${has('/account/delete') && html`<li><a href="/account/delete">Delete your account</a></li>`}
</ul>
</section>`
}
