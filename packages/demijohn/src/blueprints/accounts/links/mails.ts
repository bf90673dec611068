/**
 * What the mails say, but for their address. No mail holds anything that a stranger typed: not a name,
 * and no address but the reader's own, so that nobody can have us write to others in their words.
 */
import type { MailParts } from '../appearance.ts'

type Site = { readonly siteName: string }
type WithPath = Site & { readonly path: string }

export const linkMails = {
  verify: ({ siteName, path }: WithPath): MailParts => ({
    subject: `Finish your registration at ${siteName}`,
    paragraphs: ['Hello,', `somebody, presumably you, wants an account at ${siteName}.`],
    action: { label: 'Choose a password', path },
    footer:
      'The link works once, for an hour. Was it not you? Then do nothing: no account is made.',
  }),

  /** To whom an account belongs already, when somebody registers or moves an account there. */
  addressInUse: ({ siteName, path }: WithPath): MailParts => ({
    subject: `You already have an account at ${siteName}`,
    paragraphs: [
      'Hello,',
      `somebody, perhaps you, gave this address for an account at ${siteName}. You have one already, and nothing was changed.`,
      'If you have forgotten your password, choose a new one from the page that the link leads to.',
    ],
    action: { label: 'Sign in', path },
    footer: 'Was it not you? Then do nothing.',
  }),

  invitation: ({ siteName, path }: WithPath): MailParts => ({
    subject: `You are invited to ${siteName}`,
    paragraphs: ['Hello,', `the people of ${siteName} would like you to join them.`],
    action: { label: 'Join', path },
    footer: 'The link works once, for a week, and for this address alone.',
  }),

  reset: ({ siteName, path }: WithPath): MailParts => ({
    subject: `Choose a new password for ${siteName}`,
    paragraphs: ['Hello,', `somebody, presumably you, asked for a new password at ${siteName}.`],
    action: { label: 'Choose a new password', path },
    footer:
      'The link works once, for a quarter of an hour. Was it not you? Then do nothing: your password stays as it is.',
  }),

  passwordChanged: ({ siteName, path }: WithPath): MailParts => ({
    subject: `Your password at ${siteName} was changed`,
    paragraphs: ['Hello,', `the password of your account at ${siteName} was changed just now.`],
    action: { label: 'That was not me', path },
    footer: 'Was it you? Then there is nothing to do.',
  }),

  confirmEmail: ({ siteName, path }: WithPath): MailParts => ({
    subject: `Confirm your address for ${siteName}`,
    paragraphs: [
      'Hello,',
      `somebody, presumably you, wants to use this address for their account at ${siteName}.`,
    ],
    action: { label: 'Look at it and confirm', path },
    footer: 'The link works once, for an hour. Was it not you? Then do nothing.',
  }),

  /** To the address that was left. */
  emailMoved: ({ siteName, path }: WithPath): MailParts => ({
    subject: `Your address at ${siteName} was changed`,
    paragraphs: [
      'Hello,',
      `your account at ${siteName} has another mail address now, and mail goes there. This is the last one to this address.`,
      'If it was not you, take the account back with this link: the address is put back, every device is signed out, passkeys and second factors of the last days are removed, and you choose a new password.',
    ],
    action: { label: 'That was not me', path },
    footer: 'The link works once, for a week. Was it you? Then there is nothing to do.',
  }),

  /** To the address that an undo took away again. */
  emailMovedBack: ({ siteName }: Site): MailParts => ({
    subject: `Your address at ${siteName} was changed back`,
    paragraphs: [
      'Hello,',
      `the account at ${siteName} that used this address was given back to the address it had before.`,
    ],
    footer: `If that is wrong, write to the people of ${siteName}.`,
  }),
}
