/** A small API with one route of each kind, and a token for whoever the test says. */
import { z } from 'zod'
import type { DemijohnTables } from '../../data/tables.ts'
import { id } from '../../defences/input/schemas.ts'
import type { TokenPrincipal, TokenReader } from '../../defences/tokens/principal.ts'
import type { Project } from '../../serve/application.ts'
import { noteProject, roles } from '../../testing/projectFixture.ts'
import { notFound } from '../answer.ts'
import { kit } from '../kit.ts'
import { created, noContent, ok } from './answers.ts'
import { type ApiOptions, nothing } from './types.ts'

export const ann = '01890a5d-ac96-774b-bcce-b302099a8057'
export const ben = '01890a5d-ac96-774b-bcce-b302099a8058'

/** A token of these tests says who it is for: `role.accountId.scope+scope`. */
export const readTestToken: TokenReader = ({ authorization, now, requiresProof }) => {
  const found = /^bearer (\w+)\.([0-9a-f-]+)\.([a-z:+]*)$/i.exec(authorization)
  if (found === null) return authorization.startsWith('Bearer ') ? 'invalid' : 'malformed'
  if (requiresProof) return 'proof-missing'
  const [, role = '', accountId = '', scopes = ''] = found
  return {
    ...{
      id: authorization,
      kind: 'app',
      tokenId: authorization,
      accountId,
      clientId: 'cli',
      boundTo: null,
    },
    ...{ authenticatedAt: now - 120_000, expiresAt: now + 60_000 },
    person: {
      ...{ id: accountId, name: 'Ann', email: 'ann@site.example', role },
      scopes: new Set(scopes.split('+')),
    },
  } satisfies TokenPrincipal
}

export type Calls = { readonly handled: string[] }

const { anyone, signedIn, may, api } = kit<DemijohnTables>()({ roles })

type Changed = Partial<Pick<ApiOptions, 'origins' | 'documentation'>>

export function apiProject(changed: Changed = {}): {
  readonly project: Project
  readonly calls: Calls
} {
  const calls: Calls = { handled: [] }
  const { project } = noteProject()
  return {
    project: { ...project, blueprints: [...project.blueprints, ...apis(calls, changed)] },
    calls,
  }
}

/** What the database would give: with more in it than anybody should see. */
const rowOf = (noteId: string) => ({
  ...{ id: noteId, ownerId: ann, title: 'First', revision: 7 },
  ...{ passwordHash: '$argon2id$secret', nested: { shown: true, hidden: 'secret' } },
})

const noteShape = z.object({
  id: z.string().max(36),
  title: z.string().max(80),
  nested: z.object({ shown: z.boolean() }),
})

function apis(calls: Calls, changed: Changed) {
  const notes = api('/api/v1', {
    ...{ title: 'Notes', documentation: 'not served', ...changed },
  })
  let revision = 7
  const changing = {
    ...{
      params: { noteId: id },
      version: (note: { readonly revision: number }) => `${note.revision}`,
    },
    load: () => ({ ...rowOf(ann), revision }),
  }
  const one = {
    params: { noteId: id },
    load: ({ params }: { readonly params: { readonly noteId: string } }) =>
      params.noteId === ben ? null : rowOf(params.noteId),
    version: ({ revision }: { readonly revision: number }) => String(revision),
  }
  notes.get(
    '/open',
    { summary: 'Open to all', access: anyone, returns: z.object({ user: z.string().nullable() }) },
    ({ user }) => {
      calls.handled.push('open')
      return { user: user?.name ?? null }
    },
  )
  notes.get(
    '/me',
    { summary: 'Who am I', access: signedIn, returns: z.object({ id: z.string() }) },
    ({ user }) => {
      calls.handled.push('me')
      return user
    },
  )
  notes.get(
    '/fresh',
    {
      summary: 'Asks for a recent proof',
      access: signedIn.fresh('1 minutes'),
      returns: z.object({ id: z.string() }),
    },
    ({ user }) => {
      calls.handled.push('fresh')
      return user
    },
  )
  notes.get(
    '/notes/:noteId',
    { ...one, summary: 'One note', access: may('note:edit'), returns: noteShape },
    ({ resource }) => {
      calls.handled.push('note')
      return resource
    },
  )
  notes.patch(
    '/notes/:noteId',
    {
      ...{ ...one, summary: 'Change a note', access: may('note:edit'), returns: noteShape },
      json: z.strictObject({ title: z.string().min(1).max(20) }),
    },
    ({ resource, json }) => {
      calls.handled.push(json.title)
      return json.title === 'gone' ? notFound() : ok({ ...resource, ...json }, { version: '8' })
    },
  )
  notes.get(
    '/notes',
    {
      ...{ summary: 'Notes from a place on', access: anyone, query: { after: id } },
      returns: z.object({ after: z.string().max(36) }),
    },
    ({ query }) => {
      calls.handled.push('list')
      return ok(query, { next: `/api/v1/notes?after=${query.after}#<these>` })
    },
  )
  notes.post(
    '/notes',
    {
      ...{ summary: 'Make a note', access: may('note:read'), returns: noteShape },
      json: z.strictObject({
        title: z.string().max(20),
        tags: z.array(z.strictObject({ name: z.string().max(5) })).max(3),
      }),
    },
    ({ json }) => {
      calls.handled.push(json.title)
      return created({ ...rowOf(ann), ...json }, { location: `/api/v1/notes/${ann}` })
    },
  )
  notes.post(
    '/once',
    {
      ...{ summary: 'Once for each key', access: may('note:read'), idempotency: 'required' },
      ...{ json: z.strictObject({ title: z.string().max(20) }), returns: noteShape },
    },
    async ({ json }) => {
      calls.handled.push(json.title)
      await Promise.resolve()
      if (json.title === 'throws') throw new TypeError('as it is told to')
      if (json.title === 'refused') return notFound()
      return created({ ...rowOf(ann), ...json }, { location: `/api/v1/notes/${ann}`, version: '1' })
    },
  )
  notes.patch(
    '/once/:noteId',
    {
      ...{ ...changing, summary: 'Once for each key and version', access: may('note:edit') },
      ...{ json: z.strictObject({ title: z.string().max(20) }), returns: noteShape },
      idempotency: 'accepted',
    },
    ({ resource, json }) => {
      calls.handled.push(json.title)
      revision += 1
      return ok({ ...resource, ...json }, { version: String(revision) })
    },
  )
  notes.delete(
    '/notes/:noteId',
    { ...one, summary: 'Delete a note', access: may('note:edit'), returns: nothing },
    () => {
      calls.handled.push('deleted')
      return noContent()
    },
  )
  notes.get(
    '/counted',
    {
      ...{ summary: 'Twice a minute for each token', access: signedIn },
      ...{ limit: { allow: '2 per minute', keyedBy: 'token' } },
      returns: z.object({ id: z.string() }),
    },
    ({ user }) => user,
  )
  notes.get(
    '/broken',
    { summary: 'Gives what it should not', access: anyone, returns: z.object({ n: z.int() }) },
    () => ({ n: Number.NaN }),
  )
  const bound = api('/api/bound', {
    ...{ title: 'Bound', documentation: 'not served', proofOfPossession: 'required' },
  })
  bound.get(
    '/me',
    { summary: 'Who am I', access: signedIn, returns: z.object({ id: z.string() }) },
    ({ user }) => user,
  )
  return [notes, bound]
}
