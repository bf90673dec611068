/** People for programs of administrators. What changes somebody asks for a recent sign-in, as the pages do. */
import { conflict, id, noContent, notFound, nothing, pageNumber, searchText } from 'demijohn'
import { z } from 'zod'
import { changeRole, type Kept, setSuspension } from '../admin/changes.ts'
import { findPerson, listPeople, type PersonRow } from '../admin/people.ts'
import { may, type Person, type Reader } from '../kit.ts'
import type { V1 } from './routes.ts'
import { isoTime, newRole, personShape, suspension } from './shapes.ts'

const managers = may('user:manage')
const freshManagers = managers.fresh('30 minutes')

type PersonFacts = {
  readonly user: Person | null
  readonly params: { readonly personId: string }
  readonly db: Reader
}

const onePerson = {
  params: { personId: id },
  load: ({ user, params, db }: PersonFacts) => findPerson(user, db, params.personId),
}

export function peopleRoutes(v1: V1): void {
  readPeople(v1)
  changePeople(v1)
}

function readPeople(v1: V1): void {
  v1.get(
    '/people',
    {
      summary: 'People, by name',
      access: managers,
      query: { page: pageNumber, q: searchText },
      returns: z.object({ items: z.array(personShape), total: z.int(), pages: z.int() }),
    },
    async ({ user, query, db }) => {
      const { people, ...counts } = await listPeople(user, db, query)
      return { items: people.map(shown), ...counts }
    },
  )

  v1.get(
    '/people/:personId',
    { ...onePerson, summary: 'One person', access: managers, returns: personShape },
    ({ resource }) => shown(resource),
  )
}

function changePeople(v1: V1): void {
  v1.put(
    '/people/:personId/role',
    {
      ...onePerson,
      summary: 'Give somebody another role',
      access: freshManagers,
      json: newRole,
      returns: nothing,
    },
    async ({ user, params, json, session, mail, record }) => {
      const done = await changeRole(user, { session, mail }, { ...params, ...json })
      if ('kept' in done) return keptAsIs(done)
      const change = { targetId: params.personId, from: done.from, to: json.role }
      record('privilege_permissions_changed', change)
      return noContent()
    },
  )

  v1.put(
    '/people/:personId/suspension',
    {
      ...onePerson,
      summary: 'Suspend somebody, everywhere and at once',
      access: freshManagers,
      json: suspension,
      returns: nothing,
    },
    async ({ user, params, json: { reason = '' }, session, mail, record, now }) => {
      const done = await setSuspension(user, { session, mail }, { ...params, at: now, reason })
      if ('kept' in done) return keptAsIs(done)
      record('user_updated', { targetId: params.personId, changed: 'suspended' })
      return noContent()
    },
  )

  v1.delete(
    '/people/:personId/suspension',
    {
      ...onePerson,
      summary: 'Let somebody in again',
      access: freshManagers,
      returns: nothing,
    },
    async ({ user, params, session, mail, record }) => {
      const done = await setSuspension(user, { session, mail }, { ...params, at: null })
      if ('kept' in done) return keptAsIs(done)
      record('user_updated', { targetId: params.personId, changed: 'restored' })
      return noContent()
    },
  )
}

/** Nobody changes their own account here, and nobody twice. */
function keptAsIs({ kept }: Kept) {
  return kept === 'gone' ? notFound() : conflict()
}

function shown({ suspendedAt, createdAt, ...person }: PersonRow) {
  return { ...person, isSuspended: suspendedAt !== null, createdAt: isoTime(createdAt) }
}
