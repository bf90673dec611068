/** The pages of tokens: facts in, the main part out. */
import type {
  AppSummary,
  PendingGrant,
  PersonalSummary,
  TokensOf,
} from '../../defences/tokens/store/types.ts'
import { showUserCode } from '../../defences/tokens/userCode.ts'
import { type Html, html } from '../../html/template.ts'
import {
  day,
  formMain,
  messageMain,
  type PageFacts,
  type PageParts,
  type ShownForm,
} from '../accounts/appearance.ts'
import { asMinute } from '../accounts/devices/times.ts'
import { tokensPath } from './mails.ts'

type Scope = readonly [name: string, meaning: string]

export type ListFacts = PageFacts & {
  readonly tokens: TokensOf
  readonly appName: (clientId: string) => string
  readonly meaning: (scope: string) => string
  /** Whether the person proved lately who they are: else the buttons lead to that first. */
  readonly mayRevoke: boolean
  readonly confirmPath: `/${string}`
}

export const tokenPages = {
  list: (facts: ListFacts): PageParts => {
    const { tokens, mayRevoke, confirmPath } = facts
    const { apps, personal } = tokens
    const isEmpty = apps.length + personal.length === 0
    const title = 'Apps and tokens'
    const main = html`<div class="form-page tokens">
<h1>${title}</h1>
<p>What may use your account without your password. Revoke what you do not know, then change your password.</p>
${!mayRevoke && !isEmpty && html`<p><a href="${confirmPath}">Confirm that it is you</a> to revoke them.</p>`}
<section>
<h2>Apps</h2>
${
  apps.length === 0
    ? html`<p>No app may use your account. An app that wants to shows you a code: <a href="/device">type it in</a>.</p>`
    : html`<ul class="session-list">${apps.map((app) => appLine(app, facts))}</ul>
<p><a href="/device">Connect another app</a></p>`
}
</section>
<section>
<h2>Personal tokens</h2>
${personal.length === 0 ? html`<p>For scripts of your own. You have none.</p>` : html`<ul class="session-list">${personal.map((token) => personalLine(token, facts))}</ul>`}
<p><a class="button" href="/account/tokens/new">Make a personal token</a></p>
</section>
${
  mayRevoke &&
  !isEmpty &&
  html`<section>
<h2>All at once</h2>
<form method="post" action="/account/tokens/revoke-all"><button class="button-danger">Revoke all apps and tokens</button></form>
</section>`
}
</div>`
    return { title, main }
  },

  /** Only the boxes that the person's role reaches are drawn. */
  make: ({ form, fields }: { readonly form: ShownForm; readonly fields: Html }): PageParts =>
    formMain({
      title: 'Make a personal token',
      intro: html`<p>Whoever has it acts as you, within what you tick. It is shown once. It ends on its day, and with every change of your password, second factors or role.</p>`,
      form: { ...form, fields },
      button: 'Make the token',
      after: html`<p><a href="${tokensPath}">Back to apps and tokens</a></p>`,
    }),

  /** Shown once: the token is stored nowhere. */
  made: (facts: {
    readonly text: string
    readonly name: string
    readonly expiresAt: number
  }): PageParts =>
    messageMain({
      title: 'Keep your token',
      body: html`<p>This is the token <strong>${facts.name}</strong>. It is shown now and never again: put it where your script reads its secrets, and nowhere else.</p>
<p><code class="secret-key">${facts.text}</code></p>
<p>It works until ${day(facts.expiresAt)}.</p>
<p><a class="button" href="${tokensPath}">I have kept it</a></p>`,
    }),

  enterCode: ({ form }: { readonly form: ShownForm }): PageParts =>
    formMain({
      title: 'Connect an app',
      intro: html`<p>Type the code that the app shows you. Only type one that you have just asked for yourself, on a device in front of you: whoever sends you a code wants into your account.</p>`,
      form,
      button: 'Continue',
    }),

  consent: (facts: {
    readonly grant: PendingGrant
    readonly app: string
    readonly given: readonly Scope[]
    readonly beyond: readonly Scope[]
    /** Where the person signed in from. */
    readonly ownNetwork: string | null
    readonly siteName: string
  }): PageParts => {
    const { grant, app, given, beyond, siteName } = facts
    const title = `Connect ${app}?`
    const action = `/device/${grant.id}` as const
    const main = html`<div class="form-page consent">
<h1>${title}</h1>
<p><strong>${app}</strong> wants to use your account at ${siteName}. It could then do this as you, until you revoke it:</p>
<ul>${given.map(([, meaning]) => html`<li>${meaning}</li>`)}</ul>
${beyond.length > 0 && html`<p>It also asks for what your role may not do, and does not get it: ${beyond.map(([, meaning]) => meaning).join(', ')}.</p>`}
<p>Asked at <time datetime="${new Date(grant.createdAt).toISOString()}">${asMinute(grant.createdAt)}</time>, from <strong>${grant.network}</strong>, ${grant.network === facts.ownNetwork ? 'where you signed in from, too' : 'which is not the network that you signed in from'}.</p>
<p>Did you not start this yourself a moment ago? Then refuse.</p>
${given.length > 0 && html`<form method="post" action="${action}/approve"><button>Connect ${app}</button></form>`}
<form method="post" action="${action}/deny"><button class="button-quiet">Refuse</button></form>
</div>`
    return { title, main }
  },

  decided: (facts: { readonly app: string; readonly isApproved: boolean }): PageParts =>
    messageMain({
      title: facts.isApproved ? `${facts.app} is connected` : `${facts.app} was refused`,
      body: html`<p>${facts.isApproved ? 'You can go back to it now.' : 'It gets nothing. You can close this page.'}</p>
<p><a href="${tokensPath}">Apps and tokens</a></p>`,
    }),
}

/** How a code looks, for the hint at the field. */
export const codeExample = showUserCode('BCDFGHJK')

function appLine(app: AppSummary, facts: ListFacts): Html {
  const { id, clientId, scopes, createdAt, lastUsedAt, lastNetwork, expiresAt, isBound } = app
  return html`<li>
<strong>${facts.appName(clientId)}</strong>
<p>${scopes.map(facts.meaning).join(', ')}.</p>
<p>Connected ${day(createdAt)}, last used ${day(lastUsedAt)} from ${lastNetwork}, until ${day(expiresAt)}.${isBound && ' Bound to a key of its own.'}</p>
${facts.mayRevoke && revokeOne(id)}
</li>`
}

function personalLine(token: PersonalSummary, facts: ListFacts): Html {
  const { id, name, scopes, createdAt, lastUsedAt, expiresAt } = token
  return html`<li>
<strong>${name}</strong>
<p>${scopes.map(facts.meaning).join(', ')}.</p>
<p>Made ${day(createdAt)}, ${lastUsedAt === null ? 'not used yet' : html`last used ${day(lastUsedAt)}`}, until ${day(expiresAt)}.</p>
${facts.mayRevoke && revokeOne(id)}
</li>`
}

function revokeOne(id: string): Html {
  return html`<form method="post" action="/account/tokens/revoke"><input type="hidden" name="id" value="${id}"><button>Revoke</button></form>`
}
