/** The pages behind one-time links, and the forms that ask for one. */
import { type Html, html } from '../../../html/template.ts'
import {
  formMain,
  messageMain,
  type PageFacts,
  type PageParts,
  type ShownForm,
} from '../appearance.ts'
import type { AskAgain } from './open.ts'

type FormFacts = PageFacts & { readonly form: ShownForm }
type Addressed = { readonly email: string }

const askAgain: Readonly<Record<NonNullable<AskAgain>, Html>> = {
  '/reset': html`<p><a href="/reset">Ask for a new link</a>: it comes by mail.</p>`,
  '/register': html`<p><a href="/register">Register once more</a>, and a new link comes by mail.</p>`,
  '/account/email': html`<p>Sign in and <a href="/account/email">change your address</a> once more, and a new link comes by mail.</p>`,
}

/** For the application's own form that calls `invite`; its fields are an address and, perhaps, a role. */
export function invitePage({ form }: { readonly form: ShownForm }): PageParts {
  return formMain({
    title: 'Invite somebody',
    intro: html`<p>We send a link to their address. Behind it they choose a name and a password; it works for a week.</p>`,
    form,
    button: 'Send the invitation',
  })
}

export const linkPages = {
  setup: ({ form, siteName }: FormFacts): PageParts =>
    formMain({
      title: `Set up ${siteName}`,
      intro: html`<p>You become its first administrator. This link works once.</p>`,
      form,
      button: 'Create the account',
    }),

  welcome: ({ form, siteName }: FormFacts): PageParts =>
    formMain({
      title: `Welcome to ${siteName}`,
      intro: html`<p>Choose the password of your account. This link works once.</p>`,
      form,
      button: 'Choose this password',
    }),

  register: ({ form }: FormFacts): PageParts =>
    formMain({
      title: 'Register',
      intro: html`<p>We send a link to your address. Behind it you choose a name and a password.</p>`,
      form,
      button: 'Send the link',
      after: html`<p>You have an account already? <a href="/login">Sign in</a>.</p>`,
    }),

  /** The same for every address, whether somebody has an account under it or not. */
  mailSent: ({ email }: PageFacts & Addressed): PageParts =>
    messageMain({
      title: 'Look at your mail',
      body: html`<p>We have sent a mail to ${email}. Open the link in it to go on.</p>
<p>Nothing there after a few minutes? Look among unwanted mail, and check the address.</p>`,
    }),

  /** For whoever came by a link that was sent to an address without an account. */
  newAccount: ({ form, email, siteName }: FormFacts & Addressed): PageParts =>
    formMain({
      title: `Welcome to ${siteName}`,
      intro: html`<p>Your account will be that of ${email}. This link works once.</p>`,
      form,
      button: 'Create the account',
    }),

  /** The address got an account between the link and its use. */
  addressTaken: (_: PageFacts): PageParts =>
    messageMain({
      title: 'This address has an account already',
      body: html`<p>Nothing was changed. <a href="/login">Sign in</a> with it, or <a href="/reset">choose a new password</a>.</p>`,
    }),

  /** The link is for somebody else than the person whose browser this is. */
  signedInAlready: ({ view }: PageFacts): PageParts =>
    messageMain({
      title: 'You are signed in already',
      body: html`<p>This link makes an account of its own, and you are signed in as ${view.user?.email}. Is it yours, too? Sign out, then open the link once more.</p>
<form method="post" action="/logout"><button>Sign out</button></form>`,
    }),

  resetRequest: ({ form }: FormFacts): PageParts =>
    formMain({
      title: 'Choose a new password',
      intro: html`<p>We send a link to the address of your account.</p>`,
      form,
      button: 'Send the link',
    }),

  resetSent: ({ email }: PageFacts & Addressed): PageParts =>
    messageMain({
      title: 'Look at your mail',
      body: html`<p>If there is an account with the address ${email}, a mail is on its way to it. The link in it works for a quarter of an hour.</p>
<p>Nothing there after a few minutes? Look among unwanted mail, and check the address.</p>`,
    }),

  reset: ({ form }: FormFacts): PageParts =>
    formMain({
      title: 'Choose a new password',
      intro: html`<p>Every device that is signed in will be signed out. This link works once.</p>`,
      form,
      button: 'Choose this password',
    }),

  /** One page for links that were used, are over, or never were. */
  linkGone: ({ again }: PageFacts & { readonly again: AskAgain }): PageParts =>
    messageMain({
      title: 'This link does not work any more',
      body: html`<p>Each link works once and for a while. This one was used already, is over, or is not complete.</p>
${again === null ? html`<p>Ask whoever sent it for a new one.</p>` : askAgain[again]}`,
    }),

  changePassword: ({ form }: FormFacts): PageParts =>
    formMain({
      title: 'Change your password',
      intro: html`<p>Every other device that is signed in with it will be signed out.</p>`,
      form,
      button: 'Change the password',
    }),

  changeEmail: ({ form, view }: FormFacts): PageParts =>
    formMain({
      title: 'Change your email address',
      intro: html`<p>It is what you sign in with. We send a link to the new one; until you open it, ${view.user?.email} stays your address.</p>`,
      form,
      button: 'Send the link',
    }),

  confirmEmail: ({ form, email }: FormFacts & Addressed): PageParts =>
    formMain({
      title: 'Confirm your new address',
      intro: html`<p>${email} becomes the address of your account. This link works once.</p>`,
      form,
      button: 'Confirm the address',
    }),

  emailConfirmed: ({ email }: PageFacts & Addressed): PageParts =>
    messageMain({
      title: 'Your address is changed',
      body: html`<p>From now on you sign in with ${email}. <a href="/account">Go to your account</a>.</p>`,
    }),

  undoEmail: ({ form, email }: FormFacts & Addressed): PageParts =>
    formMain({
      title: 'Take your account back',
      intro: html`<p>${email} becomes the address of your account again, every device is signed out, and the present password stops working. So do all passkeys, and an app or recovery codes that were set up in the week before the change or since. Then you choose a new password. This link works once.</p>`,
      form,
      button: 'Take it back',
    }),
}
