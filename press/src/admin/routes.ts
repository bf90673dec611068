/** Administration: who is here, what they may do, and what they have written. */
import {
  choice,
  email,
  id,
  notFound,
  pageNumber,
  page as pageWith,
  personName,
  redirect,
  searchText,
  text,
} from 'demijohn'
import { z } from 'zod'
import { blueprint, may, type Person, type Reader } from '../kit.ts'
import { changeRole, deletePerson, type Kept, type KeptReason, setSuspension } from './changes.ts'
import { commentsPage, postsPage } from './contentViews.ts'
import { invite, renewLink } from './invitations.ts'
import { mayStandInMail } from './mails.ts'
import { countAll, listAllComments, listAllPosts, type Slice } from './overview.ts'
import { findPerson, listPeople } from './people.ts'
import { addPage, deletePage, linkPage, peoplePage, suspendPage } from './peopleViews.ts'
import { article, roleLabels } from './roles.ts'

export const admin = blueprint('/admin')

const managers = may('user:manage')
/**
 * What changes other people asks who it is again after half an hour; and so does the page with the
 * buttons, so that none of them is pressed in vain.
 */
const freshManagers = managers.fresh('30 minutes')
const moderators = may('comment:moderate')
const ledger = '/admin/people'

admin.get('', { access: managers }, () => redirect(ledger))

admin.get(
  '/people',
  { access: freshManagers, query: { page: pageNumber, q: searchText } },
  async ({ user, query, db, view }) => {
    const found = await listPeople(user, db, query)
    if (query.page > found.pages) return notFound()
    const counts = await countAll(user, db)
    return peoplePage({ view, actorId: user.id, found, counts, ...query })
  },
)

admin.form('/people/new', {
  access: freshManagers,
  limit: '60 per hour',
  fields: {
    name: personName({ label: 'Name', max: 80, autocomplete: 'off' }),
    email: email({ label: 'Email address', hint: 'What they will sign in with.' }),
    role: choice({ label: 'Role', options: roleLabels }),
  },
  initial: () => ({ role: 'viewer' }),
  page: ({ view, form }) => addPage(view, form),
  submit: async ({ user, values, db, now, view, record, fail }) => {
    const made = await invite(user, { db, now }, values)
    if (made === undefined) return fail({ email: 'Somebody has this address already.' })
    if ('kept' in made) return keptAsIs(made)
    record('user_created', { targetId: made.personId, role: values.role })
    record('authn_token_created', { targetId: made.personId })
    return pageWith(linkPage(view, made), { status: 201 })
  },
})

type PersonFacts = {
  readonly user: Person | null
  readonly params: { readonly personId: string }
  readonly db: Reader
}

const onPerson = {
  access: freshManagers,
  params: { personId: id },
  load: ({ user, params, db }: PersonFacts) => findPerson(user, db, params.personId),
}

admin.action('/people/:personId/role', {
  ...onPerson,
  fields: { role: choice({ options: roleLabels }) },
  submit: async ({ user, params, values, session, mail, record }) => {
    const done = await changeRole(user, { session, mail }, { ...params, ...values })
    if ('kept' in done) return keptAsIs(done)
    record('privilege_permissions_changed', {
      targetId: params.personId,
      from: done.from,
      to: values.role,
    })
    const label = roleLabels[values.role].toLowerCase()
    return redirect(ledger, { notice: `${done.name} is ${article(label)} ${label} now.` })
  },
})

admin.form('/people/:personId/suspend', {
  ...onPerson,
  fields: {
    reason: text({
      label: 'Reason',
      hint: 'Stands in the mail to them, and nowhere else.',
      max: 300,
      optional: true,
    }),
  },
  page: ({ view, resource, form }) => suspendPage(view, resource, form),
  submit: async ({ user, params, values, session, mail, now, record, fail }) => {
    const { reason } = values
    if (!mayStandInMail(reason)) return fail({ reason: 'Leave out invisible characters.' })
    const done = await setSuspension(user, { session, mail }, { ...params, at: now, reason })
    if ('kept' in done) return keptAsIs(done)
    record('user_updated', { targetId: params.personId, changed: 'suspended' })
    return redirect(ledger, { notice: `${done.name} is suspended, and signed out everywhere.` })
  },
})

admin.action('/people/:personId/restore', {
  ...onPerson,
  submit: async ({ user, params, session, mail, record }) => {
    const done = await setSuspension(user, { session, mail }, { ...params, at: null })
    if ('kept' in done) return keptAsIs(done)
    record('user_updated', { targetId: params.personId, changed: 'restored' })
    return redirect(ledger, { notice: `${done.name} may sign in again.` })
  },
})

admin.action('/people/:personId/link', {
  ...onPerson,
  limit: '60 per hour',
  submit: async ({ user, params, db, now, mail, view, record }) => {
    const made = await renewLink(user, { db, now }, mail, params)
    if ('kept' in made) return keptAsIs(made)
    record('authn_token_created', { targetId: made.personId })
    return pageWith(linkPage(view, made), { status: 201 })
  },
})

admin.form('/people/:personId/delete', {
  ...onPerson,
  fields: {},
  page: ({ view, resource, form }) => deletePage(view, resource, form),
  submit: async ({ user, params, session, mail, record }) => {
    const done = await deletePerson(user, { session, mail }, params)
    if ('kept' in done) return keptAsIs(done)
    record('user_deleted', { targetId: params.personId, role: done.from })
    return redirect(ledger, { notice: `${done.name} is deleted.` })
  },
})

const postState = z.enum(['all', 'draft']).default('all')

admin.get(
  '/posts',
  { access: managers, query: { page: pageNumber, state: postState } },
  async ({ user, query, db, view }) => {
    const found = await listAllPosts(user, db, query)
    if (isPastTheEnd(query, found)) return notFound()
    return postsPage({ view, found, counts: await countAll(user, db), ...query })
  },
)

admin.get(
  '/comments',
  { access: moderators, query: { page: pageNumber } },
  async ({ user, query, db, view }) => {
    const found = await listAllComments(user, db, query)
    if (isPastTheEnd(query, found)) return notFound()
    return commentsPage({ view, found, counts: await countAll(user, db), ...query })
  },
)

function isPastTheEnd({ page }: { readonly page: number }, found: Slice<unknown>): boolean {
  return page > 1 && found.items.length === 0
}

const reasons: Readonly<Record<KeptReason, string>> = {
  'own-account': 'Nobody can do that to their own account. Another administrator can.',
  'actor-no-longer-administrator': 'Your own rights have changed meanwhile. Nothing was changed.',
  gone: 'This person is not here any more.',
  unchanged: 'It was so already. Nothing was changed.',
}

function keptAsIs({ kept }: Kept) {
  return redirect(ledger, { notice: reasons[kept] })
}
