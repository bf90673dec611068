/** What a reader has to know before the first request: only what holds for this API. */
import { type Html, html } from '../../../html/template.ts'
import type { ApiPolicy } from '../policy.ts'
import type { Operation } from './operation.ts'

export function beforeView(
  policy: ApiPolicy,
  operations: readonly Operation[],
  origin: string,
): Html {
  const has = (name: string): boolean =>
    operations.some(({ parameters }) => parameters.some((one) => one.name === name))
  const pages = operations.some(({ answers }) => answers.some(({ next }) => next))
  return html`<section aria-labelledby="before">
<h2 id="before">Before the first request</h2>
<dl class="before">
<div><dt>Token</dt><dd>${tokenView(policy)} A token stands nowhere else: not in the address, not in a body, not in a cookie. It never allows more than its scopes, nor more than the person behind it may do at that moment.</dd></div>
<div><dt>Bodies</dt><dd>JSON in UTF-8, at most 256 KiB, sent as <code>application/json</code>. An object takes the members that are named here and no others.</dd></div>
<div><dt>Refusals</dt><dd>Problems as of RFC 9457, sent as <code>application/problem+json</code>. Decide on <code>code</code>: it is never renamed. <a href="#refusals">Every code</a> is explained below.</dd></div>
<div><dt>Limits</dt><dd>Each route says how often. A refusal with 429 or 503 says in <code>Retry-After</code> how many seconds to wait; <code>RateLimit</code> says what is left, on routes with limits of their own.</dd></div>
${has('If-Match') ? html`<div><dt>Changes</dt><dd>What has a version is read with an <code>ETag</code>. Send it back as <code>If-Match</code> with the change. If somebody else was faster, the answer is 412 and nothing was changed: read again, then decide.</dd></div>` : null}
${has('Idempotency-Key') ? html`<div><dt>Repetition</dt><dd>Send a new <code>Idempotency-Key</code> with each request that takes one, and the same again when you repeat it after a broken connection. It runs once; for a day the first answer is given again.</dd></div>` : null}
${pages ? html`<div><dt>Lists</dt><dd>A list goes on at the address that <code>Link</code> names with <code>rel="next"</code>. Follow it as it stands.</dd></div>` : null}
${policy.cors === undefined ? null : html`<div><dt>Scripts</dt><dd>Pages of these origins may ask from a browser: ${[...policy.cors.allowedOrigins].map((one, at) => [at === 0 ? null : ', ', html`<code>${one}</code>`])}.</dd></div>`}
</dl>
<p class="note">In the examples, <code>TOKEN</code> is your token${has('If-Match') ? html`, <code>ETAG</code> the one that you read, with its quotes` : null}${policy.requiresProof ? html`, <code>PROOF</code> the proof for this one request` : null}. The site is <a href="/">${origin}</a>.</p>
</section>
`
}

function tokenView({ requiresProof }: ApiPolicy): Html {
  return requiresProof
    ? html`Send <code>Authorization: DPoP</code> with a token that is bound to your key, and in the field <code>DPoP</code> a proof made for each request (RFC 9449).`
    : html`Send <code>Authorization: Bearer</code> with your token. One that is bound to a key comes with <code>DPoP</code> and a proof instead (RFC 9449).`
}
