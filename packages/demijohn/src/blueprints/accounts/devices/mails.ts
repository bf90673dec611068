/** Mails about devices. Nothing in them was typed by a stranger: the browser is named in our words. */
import type { MailParts } from '../appearance.ts'
import { asMinute } from './times.ts'

export const deviceMails = {
  newDevice: (facts: {
    readonly siteName: string
    /** In words, from `describeBrowser`. */
    readonly browser: string
    readonly at: number
    readonly clientAddress: string
    readonly path: string
  }): MailParts => ({
    subject: `A new sign-in at ${facts.siteName}`,
    paragraphs: [
      'Hello,',
      `somebody, presumably you, signed in to your account at ${facts.siteName} in a browser that was not used for it before.`,
      `When: ${asMinute(facts.at)}. Which: ${facts.browser}. From: ${facts.clientAddress}.`,
      'If it was not you, sign out everywhere on the page that the link leads to, and change your password.',
    ],
    action: { label: 'Look at your sessions', path: facts.path },
    footer: 'Was it you? Then there is nothing to do.',
  }),

  rememberTokenCopied: (facts: {
    readonly siteName: string
    readonly path: string
  }): MailParts => ({
    subject: `A browser of yours was signed out at ${facts.siteName}`,
    paragraphs: [
      'Hello,',
      'you had asked a browser to stay signed in. The token that it keeps for that came a second time, although each works only once. Either somebody has a copy of it, or an answer of ours was lost on its way to you.',
      'To be safe, everything that was signed in with it has been signed out. Sign in again where you need to, and look at the list of your sessions. If there is anything in it that you do not know, change your password.',
    ],
    action: { label: 'Look at your sessions', path: facts.path },
  }),
}
