/** The pages of signing in with a provider, and of the accounts elsewhere that are linked. */
import type { OpenIdProvider } from '../../../defences/openid/types.ts'
import { type Html, html } from '../../../html/template.ts'
import type { LocalPath } from '../../../web/localPath.ts'
import { day, messageMain, type PageFacts, type PageParts, type ShownForm } from '../appearance.ts'
import { withNext } from '../next.ts'

type Provider = Pick<OpenIdProvider, 'id' | 'name'>
type ProviderFacts = PageFacts & { readonly provider: Provider }
type WithForm = ProviderFacts & { readonly form: ShownForm }

export type LinkedIdentity = {
  readonly id: string
  /** The provider's. */
  readonly name: string
  readonly email: string | null
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

/** Buttons that are links: a form could not lead away from the site. */
export function providerLinks(providers: readonly Provider[], next: LocalPath | undefined): Html {
  if (providers.length === 0) return html``
  return html`<ul class="provider-links">${providers.map(
    ({ id, name }) =>
      html`<li><a class="button button-quiet" href="${withNext(`/login/with/${id}`, next)}">Sign in with ${name}</a></li>`,
  )}</ul>`
}

export const openIdPages = {
  /** For whoever comes by a link on another site. */
  providerStart: ({
    provider,
    siteName,
    path,
  }: ProviderFacts & { readonly path: `/${string}` }): PageParts =>
    messageMain({
      title: `Sign in with ${provider.name}`,
      body: html`<p>You are about to sign in to ${siteName} with your account at ${provider.name}.</p>
<p><a class="button" href="${path}">Go on to ${provider.name}</a></p>
<p><a href="/login">Sign in in another way</a></p>`,
    }),

  providerNotLinked: ({ provider, siteName }: ProviderFacts): PageParts =>
    messageMain({
      title: 'This account is not linked',
      body: html`<p>${provider.name} knows you, and yet no account at ${siteName} could be opened with it.</p>
<p>If you have an account here, <a href="/login">sign in</a> as you usually do, and link ${provider.name} on the page of <a href="/account">your account</a>. If you have not confirmed your email address, here or at ${provider.name}, that may be why.</p>`,
    }),

  providerRegister: ({
    provider,
    siteName,
    form,
    email,
  }: WithForm & { readonly email: string | undefined }): PageParts => {
    const title = `Make an account at ${siteName}`
    return {
      title,
      main: html`<div class="form-page">
<h1>${title}</h1>
<p>You will sign in with ${provider.name}${email !== undefined && html`, and mail goes to <strong>${email}</strong>`}.</p>
<form method="post" action="/login/with/${provider.id}/new">
${form.summary}
${form.fields}
<button>Make an account</button>
</form>
<p><a href="/login">Sign in in another way</a></p>
</div>`,
    }
  },

  identities: ({
    linked,
    others,
  }: PageFacts & {
    readonly linked: readonly LinkedIdentity[]
    readonly others: readonly Provider[]
  }): PageParts => {
    const title = 'Other accounts'
    const main = html`<div class="form-page">
<h1>${title}</h1>
<p>Accounts elsewhere that you can sign in here with. Whoever holds one can sign in as you; a second factor is still asked for.</p>
${linked.length === 0 ? html`<p>None is linked.</p>` : html`<ul class="passkey-list">${linked.map(linkedItem)}</ul>`}
${others.map(
  ({ id, name }) =>
    html`<p><a class="button button-quiet" href="/account/identities/${id}/link">Link ${name}</a></p>`,
)}
<p><a href="/account">Back to your account</a></p>
</div>`
    return { title, main }
  },

  linkIdentity: ({
    provider,
    siteName,
    form,
    email,
    view,
  }: WithForm & { readonly email: string | null }): PageParts => {
    const title = `Link ${provider.name}`
    return {
      title,
      main: html`<div class="form-page">
<h1>${title}</h1>
<p>The account at ${provider.name}${email !== null && html` with the address <strong>${email}</strong>`} will be able to sign in at ${siteName} as <strong>${view.user?.email}</strong>. Other devices will be signed out.</p>
<form method="post" action="/account/identities/${provider.id}/link">
${form.fields}
<button>Link this account</button>
</form>
<p><a href="/account/identities">Do not link it</a></p>
</div>`,
    }
  },
}

function linkedItem({ id, name, email, createdAt, lastUsedAt }: LinkedIdentity): Html {
  return html`<li><strong>${name}</strong>${email !== null && html` (${email})`}
<p>Linked on ${day(createdAt)}${lastUsedAt !== null && html`, last used on ${day(lastUsedAt)}`}.</p>
<form method="post" action="/account/identities/${id}/unlink"><button class="button-quiet">Unlink<span class="visually-hidden"> ${name}</span></button></form></li>`
}
