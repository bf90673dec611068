/** The form of a comment. */
import { type FormView, textarea } from 'demijohn'

export const commentFields = {
  body: textarea({
    label: 'Your comment',
    max: 4_000,
    rows: 5,
    hint: 'Up to 4,000 characters. Markdown works.',
  }),
}

export type CommentForm = FormView<typeof commentFields>
