/**
 * The page of a challenge. With script, it works and goes on by itself; without, it says how long to
 * wait, and where to go then. Both lead to the same address with the answer in the query, so no cookie
 * is needed. The script is a file of this origin and makes no markup of text (Trusted Types).
 */
import { type Html, html } from '../../html/template.ts'

/** The name that an answer has in the query. No route takes a field of that name. */
export const answerName = 'demijohn-answer'

export type ChallengePage = {
  readonly work: string
  readonly wait: string
  readonly waitSeconds: number
  /** Where it leads: a path of this site with its query, without an answer. */
  readonly target: string
  /** The path under which `static/demijohn/challenge.js` is served. */
  readonly script: string
  /** The same of `static/demijohn/notice.css`. */
  readonly stylesheet: string
  /** A form was sent: what it held is not kept. */
  readonly wasForm: boolean
}

export function challengePage(facts: ChallengePage): Html {
  const { work, wait, waitSeconds, target, script, stylesheet, wasForm } = facts
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>One moment</title>
<link rel="stylesheet" href="${stylesheet}">
<script type="module" src="${script}"></script>
</head>
<body>
<main>
<h1>One moment</h1>
<p>This site is getting unusual requests, from your network or to its sign-in. Your browser is asked to show that it is in no hurry.</p>
${wasForm ? html`<p>What you sent was not used. Please fill in the form again when the page appears.</p>` : null}
<p data-challenge="${work}" data-target="${answerTarget(target, '')}" role="status"></p>
<p>If nothing happens, wait ${waitSeconds} seconds, then <a href="${answerTarget(target, wait)}">go on here</a>.</p>
</main>
</body>
</html>`
}

/** The target with an answer at the end of its query. */
export function answerTarget(target: string, answer: string): string {
  return `${target}${target.includes('?') ? '&' : '?'}${answerName}=${answer}`
}

/**
 * Takes an answer out of a raw query, so that no route sees it. The last one counts: it is the one
 * that was just added.
 */
export function takeAnswer(rawQuery: string): {
  readonly answer: string | undefined
  readonly rest: string
} {
  if (!rawQuery.includes(answerName)) return { answer: undefined, rest: rawQuery }
  const start = `${answerName}=`
  const parts = rawQuery.split('&')
  const answers = parts.filter((part) => part.startsWith(start))
  return {
    answer: answers.at(-1)?.slice(start.length),
    rest: parts.filter((part) => !part.startsWith(start)).join('&'),
  }
}
