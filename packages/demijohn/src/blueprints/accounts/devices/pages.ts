/** The page of a person's sessions and of the browsers that stay signed in. */
import { type Html, html } from '../../../html/template.ts'
import type { PageFacts, PageParts } from '../appearance.ts'
import { asMinute } from './times.ts'

/** A line of the page. Times are UTC milliseconds. */
export type ShownSession = {
  /** Names the line to its own person and to nobody else. */
  readonly key: string
  /** In words, from `describeBrowser`. */
  readonly browser: string
  readonly clientAddress: string
  readonly signedInAt: number
  readonly lastSeenAt: number
  readonly isThis: boolean
  /** Signed in again by itself when the session is over. */
  readonly staysSignedIn: boolean
}

/** A browser that stays signed in and has no session open just now. */
export type ShownRemembered = {
  readonly key: string
  readonly signedInAt: number
  readonly expiresAt: number
}

export type SessionsFacts = PageFacts & {
  readonly sessions: readonly ShownSession[]
  readonly remembered: readonly ShownRemembered[]
  /** Whether the person proved lately who they are: else the buttons lead to that first. */
  readonly mayEnd: boolean
  readonly confirmPath: `/${string}`
}

export const devicePages = {
  sessions: (facts: SessionsFacts): PageParts => {
    const { sessions, remembered, mayEnd, confirmPath } = facts
    const title = 'Your sessions'
    const main = html`<div class="form-page sessions">
<h1>${title}</h1>
<p>Where you are signed in. End what you do not know, then change your password.</p>
${!mayEnd && html`<p><a href="${confirmPath}">Confirm that it is you</a> to end sessions.</p>`}
<ul class="session-list">
${sessions.map((session) => sessionLine(session, mayEnd))}
${remembered.map((browser) => rememberedLine(browser, mayEnd))}
</ul>
${mayEnd && endMany}
</div>`
    return { title, main }
  },
}

const endMany = html`<form method="post" action="/account/sessions/others"><button>Sign out everywhere else</button></form>
<form method="post" action="/account/sessions/everywhere"><button>Sign out everywhere</button></form>`

function sessionLine(session: ShownSession, mayEnd: boolean): Html {
  const { key, browser, clientAddress, signedInAt, lastSeenAt, isThis, staysSignedIn } = session
  return html`<li>
<strong>${browser}</strong>${isThis && html` <span class="session-this">this one</span>`}${staysSignedIn && html` <span class="session-stays">stays signed in</span>`}
<p>From ${clientAddress}. Signed in ${time(signedInAt)}, last seen ${time(lastSeenAt)}.</p>
${mayEnd && endOne(key)}
</li>`
}

function rememberedLine({ key, signedInAt, expiresAt }: ShownRemembered, mayEnd: boolean): Html {
  return html`<li>
<strong>A browser that stays signed in</strong>
<p>Signed in ${time(signedInAt)}, until ${time(expiresAt)} at the latest. Not open at present.</p>
${mayEnd && endOne(key)}
</li>`
}

function endOne(key: string): Html {
  return html`<form method="post" action="/account/sessions/end"><input type="hidden" name="key" value="${key}"><button>Sign out</button></form>`
}

function time(milliseconds: number): Html {
  return html`<time datetime="${new Date(milliseconds).toISOString()}">${asMinute(milliseconds)}</time>`
}
