/** The pages and mails as they are unless an application brings its own. */
import { linkMails } from './links/mails.ts'
import { linkPages } from './links/pages.ts'
import { signInPages } from './signInPages.ts'

export const usualPages = { ...signInPages, ...linkPages }
export const usualMails = { ...linkMails }

export type AccountPages = typeof usualPages
export type AccountMails = typeof usualMails
