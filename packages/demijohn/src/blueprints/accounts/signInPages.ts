/** The pages of signing in, and of proving it once more. */
import { type Html, html } from '../../html/template.ts'
import { formMain, type PageFacts, type PageParts, type ShownForm } from './appearance.ts'
import type { Registration } from './context.ts'

export type SignInFacts = PageFacts & { readonly form: ShownForm }

export type EntryFacts = SignInFacts & {
  readonly registration: Registration
  /** What else there is to sign in by: a passkey. */
  readonly other: Html
}

export const signInPages = {
  signIn: ({ form, registration, other }: EntryFacts): PageParts =>
    formMain({
      title: 'Sign in',
      form,
      button: 'Sign in',
      after: html`${other}<p><a href="/reset">Forgotten your password?</a></p>
${registration === 'open' && html`<p>New here? <a href="/register">Make an account</a>.</p>`}`,
    }),

  confirm: ({ form, view, other }: SignInFacts & { readonly other: Html }): PageParts =>
    formMain({
      title: 'Confirm that it is you',
      intro: html`<p>You are signed in as ${view.user?.email}. What comes next asks for a recent proof.</p>`,
      form,
      button: 'Confirm',
      after: other,
    }),
}
