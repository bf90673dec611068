/** What is told when accounts elsewhere are linked or unlinked: to the stored address. */
import type { MailParts } from '../appearance.ts'

type Facts = {
  readonly siteName: string
  /** The provider's name, as the project writes it. */
  readonly provider: string
  readonly path: `/${string}`
}

export const openIdMails = {
  identityLinked: ({ siteName, provider, path }: Facts): MailParts => ({
    subject: `${provider} can now sign you in at ${siteName}`,
    paragraphs: [
      'Hello,',
      `an account at ${provider} was linked to your account at ${siteName} just now. Whoever holds it can sign in as you.`,
    ],
    action: { label: 'Look at your account', path },
    footer: 'Was it you? Then there is nothing to do. If not, unlink it and change your password.',
  }),

  identityUnlinked: ({ siteName, provider, path }: Facts): MailParts => ({
    subject: `${provider} can no longer sign you in at ${siteName}`,
    paragraphs: [
      'Hello,',
      `your account at ${provider} was unlinked from your account at ${siteName} just now, and other devices were signed out.`,
    ],
    action: { label: 'Look at your account', path },
    footer: 'Was it you? Then there is nothing to do. If not, change your password.',
  }),
}
