/** The form of a post. The two buttons that send it carry its state. */
import { choice, hidden, text, textarea } from 'demijohn'

export const postFields = {
  title: text({ max: 120 }),
  summary: textarea({
    max: 300,
    rows: 2,
    optional: true,
    hint: 'One or two sentences for the front page and the feed.',
  }),
  body: textarea({
    label: 'Text',
    max: 20_000,
    rows: 24,
    hint: 'Markdown. HTML is shown as text.',
  }),
  state: choice({ options: { draft: 'Draft', published: 'Published' } }),
}

/** Which version of the post the page showed, so that nobody writes over one they have not seen. */
export const editFields = { ...postFields, revision: hidden({ max: 20 }) }
