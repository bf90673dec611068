/** The frame of every page. */
import { type Html, html, type View } from 'demijohn'

export type Frame = {
  readonly view: View
  readonly title: string
  readonly main: Html
}

export function layout({ view, title, main }: Frame): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title} · Press</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${view.asset('press.css')}">
</head>
<body>
<main id="main" tabindex="-1">
${view.notice === null ? null : html`<p class="flash" role="status">${view.notice}</p>`}
${main}
</main>
</body>
</html>`
}
