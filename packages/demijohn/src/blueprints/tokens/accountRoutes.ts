/**
 * A person's own apps and tokens: looking at them, making one, revoking (ASVS 10.4.9, 10.7.3).
 *
 * Stops a token made or revoked by whoever sits down at an open session (a recent proof is asked for,
 * ASVS 7.5.3), one with more than its maker's role, one without an end, one that can be read again.
 * Its text is in the one answer that made it, which no cache keeps. The owner is told by mail.
 */
import { checkbox, choice, hidden, text } from '../../html/fields.ts'
import type { Fields } from '../../html/form.ts'
import { type Html, html } from '../../html/template.ts'
import { redirect } from '../../pipeline/answer.ts'
import { signedIn } from '../../pipeline/kit.ts'
import { tell } from '../accounts/links/mailing.ts'
import { appName, show, type TokenRoutes, type TokensContext, within } from './context.ts'
import { personalTokenMade, tokensPath } from './mails.ts'
import { tokenPages } from './pages.ts'

const fresh = signedIn.fresh('10 minutes')
const confirmPath = `/login/confirm?next=${encodeURIComponent(tokensPath)}` as const

export function accountRoutes(routes: TokenRoutes, context: TokensContext): void {
  listRoute(routes, context)
  makeRoute(routes, context)
  revokeRoutes(routes)
}

function listRoute(routes: TokenRoutes, context: TokensContext): void {
  const { siteName, scopes } = context
  routes.get(tokensPath, { access: signedIn }, async (facts) => {
    const { user, view, now, sessionId, sessions, tokens } = facts
    const current = (await sessions.listOf(user.id)).find(({ id }) => id === sessionId)
    const parts = tokenPages.list({
      ...{ view, siteName, confirmPath, tokens: await tokens.listOf(user.id) },
      appName: (clientId) => appName(context, clientId),
      meaning: (scope) => scopes.get(scope) ?? scope,
      mayRevoke: current !== undefined && now - current.authenticatedAt < fresh.freshMilliseconds,
    })
    return show(context, view, parts)
  })
}

const lifetimes = { 7: '7 days', 30: '30 days', 90: '90 days', 365: 'A year' } as const

/** `post:edit` as the name of a field. */
function fieldOf(scope: string): string {
  return `scope_${scope.replace(':', '_')}`
}

function fieldsOf({ scopes, options }: TokensContext) {
  const offered = Object.entries(lifetimes)
    .filter(([days]) => Number(days) <= options.personalDays)
    .map(([value, label]) => ({ value, label }))
  const last = { value: String(options.personalDays), label: `${options.personalDays} days` }
  const boxes: Fields = Object.fromEntries(
    [...scopes].map(([scope, label]) => [fieldOf(scope), checkbox({ label, hint: scope })]),
  )
  const named = {
    name: text({
      label: 'What it is for',
      max: 80,
      hint: 'To tell it from others, such as: nightly backup',
    }),
    days: choice({ label: 'It works for', options: offered.length === 0 ? [last] : offered }),
  }
  return { named, boxes, all: { ...named, ...boxes } }
}

function makeRoute(routes: TokenRoutes, context: TokensContext): void {
  const { siteName } = context
  const { all } = fieldsOf(context)
  routes.form('/account/tokens/new', {
    access: fresh,
    fields: all,
    initial: () => ({ days: '30' }),
    limit: '20 per hour',
    page: ({ form, view, user }) =>
      show(context, view, tokenPages.make({ form, fields: drawn(context, form, user.role) })),
    submit: async (facts) => {
      const { user, values, view, now, sessionId, tokens, mail, clientAddress, record, fail } =
        facts
      // Every box is a boolean; the type of fields that are made in a loop does not know it.
      const ticked = [...context.scopes.keys()].filter((one) => isTicked(values, fieldOf(one)))
      const mine = new Set(within(context, user.role).map(([scope]) => scope))
      if (ticked.some((one) => !mine.has(one))) return fail({ '': 'Your role may not do that.' })
      if (ticked.length === 0) return fail({ '': 'Tick what the token may do.' })
      const { name, days } = values
      const start = { accountId: user.id, sessionId, name, scopes: ticked, days: Number(days) }
      const made = await tokens.makePersonal(start, (db) =>
        tell(db, mail, {
          ...personalTokenMade({ siteName, at: now, clientAddress }),
          to: user.email,
        }),
      )
      switch (made.kind) {
        case 'gone':
          return redirect('/login')
        case 'full':
          return fail({ '': 'You have as many tokens as there may be. Revoke one first.' })
        case 'taken':
          return fail({
            name: 'You have a token of that name. Choose another, or revoke that one.',
          })
        case 'made': {
          const { id: tokenId, text, expiresAt } = made
          record('authn_token_created', { tokenId, what: 'personal', scopes: ticked.join(' ') })
          return show(context, view, tokenPages.made({ text, name, expiresAt }))
        }
      }
    },
  })
}

function isTicked(values: Readonly<Record<string, unknown>>, name: string): boolean {
  return values[name] === true
}

/** Name, the boxes within the role, lifetime. */
function drawn(
  context: TokensContext,
  form: { readonly field: (name: never) => Html },
  role: string,
): Html {
  // The fields were made of these very scopes, which their type does not say.
  const field = (name: string): Html => form.field(name as never)
  return html`${field('name')}
<fieldset class="field"><legend class="field-label">It may</legend>
${within(context, role).map(([scope]) => field(fieldOf(scope)))}
</fieldset>
${field('days')}`
}

function revokeRoutes(routes: TokenRoutes): void {
  routes.action('/account/tokens/revoke', {
    access: fresh,
    fields: { id: hidden({ max: 36 }) },
    limit: '60 per minute',
    submit: async ({ values, user, tokens, record }) => {
      const { id } = values
      // Somebody else's is the same as one that never was.
      const revoked =
        (await tokens.revokeApp(user.id, id)) || (await tokens.revokePersonal(user.id, id))
      if (!revoked) return redirect(tokensPath, { notice: 'There is no such token any more.' })
      record('authn_token_revoked', { tokenId: id })
      return redirect(tokensPath, { notice: 'It can no longer use your account.' })
    },
  })

  routes.action('/account/tokens/revoke-all', {
    access: fresh,
    limit: '20 per minute',
    submit: async ({ user, tokens, record }) => {
      const count = await tokens.revokeAllOf(user.id)
      record('authn_token_revoked', { what: 'all tokens', count })
      return redirect(tokensPath, { notice: 'No app and no token can use your account any more.' })
    },
  })
}
