/** The last mail to somebody who has deleted their account. */
import type { MailParts } from '../appearance.ts'

export const ownDataMails = {
  accountDeleted: ({ siteName }: { readonly siteName: string }): MailParts => ({
    subject: `Your account at ${siteName} is deleted`,
    paragraphs: [
      'Hello,',
      `your account at ${siteName} was deleted just now, from a device where you were signed in. This is the last mail to you.`,
    ],
    footer: `Was it not you? Then write to the people of ${siteName}: it cannot be undone from here.`,
  }),
}
