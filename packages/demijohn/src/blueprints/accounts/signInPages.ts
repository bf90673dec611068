/** The pages of signing in, and of proving it once more. */
import { type Html, html } from '../../html/template.ts'
import {
  formMain,
  messageMain,
  type PageFacts,
  type PageParts,
  type ShownForm,
} from './appearance.ts'
import type { Registration } from './context.ts'

export type SignInFacts = PageFacts & { readonly form: ShownForm }

export type EntryFacts = SignInFacts & {
  readonly registration: Registration
  /** What else there is to sign in by: a passkey. */
  readonly other: Html
}

export type ConfirmFacts = SignInFacts & {
  /** Without one there is no form: `other` is the way. */
  readonly hasPassword: boolean
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

  confirm: ({ form, view, hasPassword, other }: ConfirmFacts): PageParts => {
    const title = 'Confirm that it is you'
    const intro = html`<p>You are signed in as ${view.user?.email}. What comes next asks for a recent proof.</p>`
    if (hasPassword) return formMain({ title, intro, form, button: 'Confirm', after: other })
    return messageMain({ title, body: html`${intro}${form.summary}${other}` })
  },
}
