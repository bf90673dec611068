/** What the mails about second factors say, but for their address, which is the stored one. */
import type { MailParts } from '../appearance.ts'

type Site = { readonly siteName: string }

/** Where a factor is set up and taken back, and every session can be ended. */
const overview = { label: 'Look at your second factors', path: '/account/factors' }
const footer =
  'Was it you? Then there is nothing to do. If not, choose another password, which signs every other device out.'

export const factorMails = {
  appAdded: ({ siteName }: Site): MailParts => ({
    subject: `An authenticator app was set up at ${siteName}`,
    paragraphs: [
      'Hello,',
      `from now on your account at ${siteName} asks for a code of your authenticator app as well. If there was another app, its codes no longer work. Other devices are signed out.`,
    ],
    action: overview,
    footer,
  }),

  appRemoved: ({ siteName }: Site): MailParts => ({
    subject: `Your authenticator app was removed at ${siteName}`,
    paragraphs: [
      'Hello,',
      `your account at ${siteName} no longer asks for a code of your authenticator app. Other devices are signed out.`,
    ],
    action: overview,
    footer,
  }),

  recoveryCodesMade: ({ siteName }: Site): MailParts => ({
    subject: `New recovery codes at ${siteName}`,
    paragraphs: [
      'Hello,',
      `new recovery codes were made for your account at ${siteName}. The old ones no longer work. Other devices are signed out.`,
    ],
    action: overview,
    footer,
  }),

  recoveryCodeUsed: ({ siteName, left }: Site & { readonly left: number }): MailParts => ({
    subject: `A recovery code was used at ${siteName}`,
    paragraphs: [
      'Hello,',
      `somebody who knows your password used one of your recovery codes at ${siteName} just now. ${codesLeft(left)}`,
    ],
    action: overview,
    footer,
  }),
}

/** Also said on pages. */
export function codesLeft(left: number): string {
  if (left === 0) return 'None is left: make new ones soon.'
  return left === 1 ? 'One is left: make new ones soon.' : `${left} of them are left.`
}
