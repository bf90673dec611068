/** The pages of passkeys, and the part of other pages that asks for one. */
import { absent, type Html, html, type JsonValue, json } from '../../../html/template.ts'
import type { View } from '../../../pipeline/route.ts'
import { day, type PageFacts, type PageParts, type ShownForm } from '../appearance.ts'
import { leaveSignIn } from '../factors/pages.ts'
import type { Passkey } from './store.ts'

/** A form that asks for a passkey, ready to be placed. */
export type PasskeyForm = {
  readonly kind: 'create' | 'get'
  readonly action: `/${string}`
  readonly options: JsonValue
  readonly hidden: Html
  /** Offered while somebody types their address, too. */
  readonly autofill: boolean
}

/** The form itself: hidden until the script finds that the browser has passkeys. */
export function passkeyFormMarkup(
  view: View,
  form: PasskeyForm,
  { button, fields }: { readonly button: string; readonly fields?: Html },
): Html {
  const { kind, action, options, hidden, autofill } = form
  return html`<form class="passkey-form" method="post" action="${action}" data-passkey="${kind}" data-passkey-autofill="${autofill ? '' : absent}" hidden>
${fields}${hidden}
<script type="application/json">${json(options)}</script>
<button>${button}</button>
<p class="passkey-status" role="status" data-passkey-status></p>
</form>
<script type="module" src="${view.asset('demijohn/passkeys.js')}"></script>`
}

const absentNote = html`<p data-passkey-absent>Passkeys need a newer browser, with script allowed for this site.</p>`
const elsewhereNote = html`<p>Passkeys do not work under this address of the site.</p>`

export type OwnPasskey = Passkey & {
  /** Where it is renamed and removed. */
  readonly path: `/${string}`
}

type ListFacts = PageFacts & {
  readonly passkeys: readonly OwnPasskey[]
  readonly form: Pick<ShownForm, 'summary'> & { readonly name: Html }
  /** Undefined under an address that browsers have no passkeys for. */
  readonly ask: PasskeyForm | undefined
}
type OneFacts = PageFacts & { readonly passkey: OwnPasskey; readonly form: ShownForm }
type AskFacts = PageFacts & {
  readonly form: Pick<ShownForm, 'summary'>
  readonly ask: PasskeyForm | undefined
}

export const passkeyPages = {
  passkeys: ({ passkeys, form, ask, view }: ListFacts): PageParts => ({
    title: 'Passkeys',
    main: html`<div class="form-page">
<h1>Passkeys</h1>
<p>A passkey is kept on a device of yours, or in your password manager. It cannot be read out to anybody, and it works on this site alone.</p>
${listOf(passkeys)}
<h2>Add a passkey</h2>
${form.summary}
${ask === undefined ? elsewhereNote : html`${absentNote}${passkeyFormMarkup(view, ask, { button: 'Add a passkey', fields: form.name })}`}
</div>`,
  }),

  passkey: ({ passkey, form }: OneFacts): PageParts => ({
    title: 'Passkey',
    main: html`<div class="form-page">
<h1>Passkey “${passkey.name}”</h1>
<form method="post">
${form.summary}
${form.fields}
<button>Rename</button>
</form>
<h2>Remove it</h2>
<p>It will not sign you in any more, and other devices are signed out. Remove it from the device as well, where it is kept.</p>
<form method="post" action="${passkey.path}/remove">
<button class="button-danger">Remove this passkey</button>
</form>
</div>`,
  }),

  passkeySignIn: (facts: AskFacts): PageParts =>
    askMain('Sign in with a passkey', facts, 'Use a passkey'),

  passkeySecondFactor: (facts: AskFacts): PageParts =>
    askMain('One more step', facts, 'Use a passkey', { after: leaveSignIn }),

  passkeyConfirm: (facts: AskFacts & { readonly password: Html | undefined }): PageParts =>
    askMain('Confirm that it is you', facts, 'Use a passkey', { fields: facts.password }),
}

function askMain(
  title: string,
  { form, ask, view }: AskFacts,
  button: string,
  { fields, after }: { readonly fields?: Html | undefined; readonly after?: Html } = {},
): PageParts {
  return {
    title,
    main: html`<div class="form-page">
<h1>${title}</h1>
${form.summary}
${ask === undefined ? elsewhereNote : html`${absentNote}${passkeyFormMarkup(view, ask, { button, ...(fields === undefined ? {} : { fields }) })}`}
${after}
</div>`,
  }
}

function listOf(passkeys: readonly OwnPasskey[]): Html {
  if (passkeys.length === 0) return html`<p>You have none yet.</p>`
  return html`<ul class="passkey-list">
${passkeys.map(
  ({
    name,
    path,
    createdAt,
    lastUsedAt,
  }) => html`<li><a href="${path}">${name}</a> <span>added ${day(createdAt)}, ${lastUsedAt === null ? 'not used yet' : html`last used ${day(lastUsedAt)}`}</span></li>
`,
)}</ul>`
}
