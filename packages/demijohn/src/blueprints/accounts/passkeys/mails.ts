/** What is told when passkeys change: to the stored address, without what anybody typed. */
import type { MailParts } from '../appearance.ts'

type Facts = { readonly siteName: string; readonly path: string }

export const passkeyMails = {
  passkeyAdded: ({ siteName, path }: Facts): MailParts => ({
    subject: `A passkey was added to your account at ${siteName}`,
    paragraphs: ['Hello,', `a passkey was added to your account at ${siteName} just now.`],
    action: { label: 'Look at your passkeys', path },
    footer: 'Was it you? Then there is nothing to do. If not, remove it and change your password.',
  }),

  passkeyRemoved: ({ siteName, path }: Facts): MailParts => ({
    subject: `A passkey was removed from your account at ${siteName}`,
    paragraphs: [
      'Hello,',
      `a passkey was removed from your account at ${siteName} just now, and other devices were signed out.`,
    ],
    action: { label: 'Look at your passkeys', path },
    footer: 'Was it you? Then there is nothing to do. If not, change your password.',
  }),
}
