/** The pages and mails as they are unless an application brings its own. */
import { deviceMails } from './devices/mails.ts'
import { devicePages } from './devices/pages.ts'
import { factorMails } from './factors/mails.ts'
import { factorPages } from './factors/pages.ts'
import { linkMails } from './links/mails.ts'
import { linkPages } from './links/pages.ts'
import { openIdMails } from './openid/mails.ts'
import { openIdPages } from './openid/pages.ts'
import { ownDataMails } from './ownData/mails.ts'
import { ownDataPages } from './ownData/pages.ts'
import { passkeyMails } from './passkeys/mails.ts'
import { passkeyPages } from './passkeys/pages.ts'
import { signInPages } from './signInPages.ts'

export const usualPages = {
  ...signInPages,
  ...devicePages,
  ...factorPages,
  ...linkPages,
  ...openIdPages,
  ...ownDataPages,
  ...passkeyPages,
}
export const usualMails = {
  ...deviceMails,
  ...factorMails,
  ...linkMails,
  ...openIdMails,
  ...ownDataMails,
  ...passkeyMails,
}

export type AccountPages = typeof usualPages
export type AccountMails = typeof usualMails
