/** The pages of second factors: facts in, the main part out. */
import { encodeBase32 } from '../../../defences/factors/base32.ts'
import { otpauthUri } from '../../../defences/factors/otpauth.ts'
import { grouped } from '../../../defences/factors/recoveryCodes.ts'
import { absent, type Html, html } from '../../../html/template.ts'
import type { LocalPath } from '../../../web/localPath.ts'
import {
  day,
  formMain,
  messageMain,
  type PageFacts,
  type PageParts,
  type ShownForm,
} from '../appearance.ts'
import { withNext } from '../next.ts'
import { codesLeft } from './mails.ts'
import { qrCode } from './qrCode.ts'

type WithForm = PageFacts & { readonly form: ShownForm }
type Next = LocalPath | undefined

export type OverviewFacts = PageFacts & {
  /** Since when an app is in use, in UTC milliseconds; undefined when none is. */
  readonly appSince: number | undefined
  readonly recoveryCodesLeft: number
  /** Whether an app or a passkey is set up. */
  readonly hasFactor: boolean
  /** Nothing else can be reached before one is. */
  readonly isDemanded: boolean
  /** The section on passkeys. */
  readonly passkeys: Html
  readonly next: Next
}

export const factorPages = {
  factors: (facts: OverviewFacts): PageParts => {
    const title = 'Second factors'
    const main = html`<div class="form-page factors">
<h1>${title}</h1>
${facts.isDemanded ? demanded(facts) : html`<p>Whoever learns your password still cannot sign in without one of these.</p>`}
${appSection(facts)}
<section>
${facts.passkeys}
</section>
${facts.hasFactor && recoverySection(facts)}
${facts.isDemanded && leaveSignIn}
</div>`
    return { title, main }
  },

  setUpApp: (
    facts: WithForm & { readonly secret: Uint8Array; readonly account: string },
  ): PageParts => {
    const { form, secret, siteName, account } = facts
    const uri = otpauthUri({ issuer: siteName, account, secret })
    return formMain({
      title: 'Set up an authenticator app',
      intro: html`<ol>
<li>Open your authenticator app and scan this code.</li>
<li>Type the six digits that it shows into the field below.</li>
</ol>
${qrCode(uri, `QR code for your authenticator app. The same as text stands below.`)}
<p>No camera? Type this key into the app: <code class="secret-key">${grouped(encodeBase32(secret), ' ')}</code></p>`,
      form,
      button: 'Use this app',
    })
  },

  removeApp: ({ form }: WithForm): PageParts =>
    formMain({
      title: 'Remove your authenticator app',
      intro: html`<p>Its codes will no longer work, and every other device will be signed out.</p>`,
      form,
      button: 'Remove the app',
      isDanger: true,
      after: html`<p><a href="/account/factors">Keep it</a></p>`,
    }),

  recoveryCodes: ({ form, left }: WithForm & { readonly left: number }): PageParts =>
    formMain({
      title: 'New recovery codes',
      intro: html`<p>A recovery code lets you in once, when your app or passkey is lost. ${codesLeft(left)}</p>
<p>New ones make the old ones void, and sign every other device out.</p>`,
      form,
      button: 'Make new codes',
    }),

  /** Shown once: the codes are stored nowhere. */
  newRecoveryCodes: (
    facts: PageFacts & {
      readonly codes: readonly string[]
      readonly onward: `/${string}` | LocalPath
    },
  ): PageParts =>
    messageMain({
      title: 'Keep your recovery codes',
      body: html`<p>Each of these lets you in once, when your app or passkey is lost. They are shown now and never again: print them, or put them where you keep your passwords.</p>
<ul class="recovery-codes">${facts.codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>
<p><a class="button" href="${facts.onward}">I have kept them</a></p>`,
    }),

  secondFactor: ({ form, passkey }: WithForm & { readonly passkey: Html }): PageParts =>
    formMain({
      title: 'One more step',
      intro: html`<p>Your password was right. Now prove that it is you.</p>${passkey}`,
      form,
      button: 'Sign in',
      after: leaveSignIn,
    }),
}

/** Leaves a sign-in that is not complete. */
export const leaveSignIn = html`<form method="post" action="/logout"><button class="link-button">Cancel</button></form>`

function demanded({ siteName }: PageFacts): Html {
  return html`<p>Your account at ${siteName} needs a second factor before you go on. Set up an authenticator app or a passkey.</p>`
}

function appSection({ appSince, next }: OverviewFacts): Html {
  const begin = withNext('/account/factors/totp/new', next)
  const button = appSince === undefined ? 'Set up an app' : 'Move to another app'
  return html`<section>
<h2>Authenticator app</h2>
${appSince === undefined ? html`<p>An app on your telephone shows a code of six digits, which you type in when you sign in.</p>` : html`<p>In use since ${day(appSince)}.</p>`}
<form method="post" action="${begin}"><button class="${appSince === undefined ? absent : 'button-quiet'}">${button}</button></form>
${appSince !== undefined && html`<p><a href="/account/factors/totp/remove">Remove it</a></p>`}
</section>`
}

function recoverySection({ recoveryCodesLeft }: OverviewFacts): Html {
  return html`<section>
<h2>Recovery codes</h2>
<p>Each lets you in once, when your app or passkey is lost. ${codesLeft(recoveryCodesLeft)}</p>
<p><a href="/account/factors/recovery-codes">Make new codes</a></p>
</section>`
}
