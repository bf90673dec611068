/** The pages and mails as they are unless an application brings its own. */
import { deviceMails } from './devices/mails.ts'
import { devicePages } from './devices/pages.ts'
import { linkMails } from './links/mails.ts'
import { linkPages } from './links/pages.ts'
import { ownDataMails } from './ownData/mails.ts'
import { ownDataPages } from './ownData/pages.ts'
import { signInPages } from './signInPages.ts'

export const usualPages = { ...signInPages, ...devicePages, ...linkPages, ...ownDataPages }
export const usualMails = { ...deviceMails, ...linkMails, ...ownDataMails }

export type AccountPages = typeof usualPages
export type AccountMails = typeof usualMails
