/** An API that has one of everything that can be told of a route. */
import { z } from 'zod'
import type { DemijohnTables } from '../../../data/tables.ts'
import { cursor, cursorOf } from '../../../defences/input/cursor.ts'
import { id, pageSize } from '../../../defences/input/schemas.ts'
import type { Project } from '../../../serve/application.ts'
import { noteProject, roles } from '../../../testing/projectFixture.ts'
import { kit } from '../../kit.ts'
import { conflict, created, noContent, ok } from '../answers.ts'
import { type ApiOptions, nothing } from '../types.ts'

const { anyone, signedIn, may, api } = kit<DemijohnTables>()({ roles })

/** The note that there is, and its owner; every other identifier leads nowhere. */
export const noteId = '019b7ddc-2a00-7000-8000-000000000001'
export const ownerId = '01890a5d-ac96-774b-bcce-b302099a8057'

const note = z
  .object({
    id: z.string().max(36),
    title: z.string().max(80).meta({ description: 'As it stands at the head.' }),
    state: z.enum(['draft', 'published']),
    words: z.int().min(0),
    publishedAt: z.iso.datetime().nullable(),
    tags: z.array(z.string().max(20)).max(8),
  })
  .meta({ title: 'Note' })

const row = {
  ...{ id: noteId, ownerId, title: 'On bottles', state: 'draft' as const, words: 1_200 },
  ...{ publishedAt: null, tags: ['glass'], revision: 7 },
}

/** A comment may have answers, which are comments. */
const comment = z
  .object({
    text: z.string().max(400),
    get answers() {
      return z.array(comment).max(20)
    },
  })
  .meta({ title: 'Comment' })

export const openApiOptions = {
  ...{ title: 'Notes', version: '2', origins: ['https://app.example'] },
}

export function describedProject(
  documentation: ApiOptions['documentation'] = anyone,
  changed: Partial<ApiOptions> = {},
): Project {
  const { project } = noteProject()
  const notes = api('/api/v2', { ...openApiOptions, documentation, ...changed })
  const find = ({ params }: { readonly params: { readonly noteId: string } }) =>
    params.noteId === noteId ? row : null
  const one = {
    params: { noteId: id },
    load: find,
    version: ({ revision }: { readonly revision: number }) => String(revision),
  }
  readingRoutes(notes, one)
  writingRoutes(notes, one)
  return { ...project, blueprints: [...project.blueprints, notes] }
}

type Notes = ReturnType<typeof api<'/api/v2'>>
type One = {
  readonly params: { readonly noteId: typeof id }
  readonly load: (facts: { readonly params: { readonly noteId: string } }) => typeof row | null
  readonly version: (resource: { readonly revision: number }) => string
}

function readingRoutes(notes: Notes, one: One): void {
  notes.get(
    '/notes',
    {
      summary: 'List notes',
      description: 'The newest first. Drafts are seen by whoever may edit them.',
      access: anyone,
      query: {
        after: cursor(z.tuple([z.int(), z.string().max(36)])),
        size: pageSize,
        state: z.enum(['draft', 'published']).optional(),
      },
      limit: ['60 per minute', '2000 per day'],
      returns: z.object({ notes: z.array(note).max(100) }),
    },
    ({ query }) =>
      query.after === undefined
        ? ok({ notes: [row] }, { next: `/api/v2/notes?after=${cursorOf([7, noteId])}` })
        : { notes: [] },
  )
  notes.get(
    '/notes/:noteId',
    { ...one, summary: 'Read a note', access: may('note:read'), returns: note },
    ({ resource }) => resource,
  )
  notes.get(
    '/notes/:noteId/comments',
    {
      ...{ params: one.params, load: one.load },
      ...{ summary: 'Read the comments on a note', access: anyone },
      returns: z.object({ comments: z.array(comment).max(100) }),
    },
    () => ({ comments: [{ text: 'Yes.', answers: [{ text: 'No.', answers: [] }] }] }),
  )
  notes.get(
    '/me',
    {
      ...{ summary: 'Say who I am', access: signedIn },
      returns: z.object({ id: z.string(), name: z.string(), scopes: z.array(z.string()) }),
    },
    ({ user }) => ({ ...user, scopes: [...(user.scopes ?? [])] }),
  )
}

const noteBody = z
  .strictObject({
    title: z.string().min(1).max(80),
    state: z.enum(['draft', 'published']).optional(),
    words: z.int().min(1).max(100_000),
    tags: z.array(z.string().min(1).max(20)).max(8),
    source: z.union([z.url().max(400), z.null()]),
  })
  .meta({ title: 'NoteBody' })

function writingRoutes(notes: Notes, one: One): void {
  notes.post(
    '/notes',
    {
      ...{ summary: 'Write a note', access: may('note:read'), json: noteBody, returns: note },
      idempotency: 'required',
      limit: { allow: '30 per hour', keyedBy: 'account' },
    },
    ({ json }) =>
      json.title === 'taken'
        ? conflict()
        : created(
            { ...row, title: json.title },
            { location: `/api/v2/notes/${noteId}`, version: '8' },
          ),
  )
  notes.patch(
    '/notes/:noteId',
    {
      ...{ ...one, summary: 'Change a note', access: may('note:edit'), returns: note },
      ...{ json: z.strictObject({ title: z.string().min(1).max(80) }), idempotency: 'accepted' },
    },
    ({ resource, json }) => ok({ ...resource, ...json }, { version: '8' }),
  )
  notes.put(
    '/notes/:noteId/cover',
    {
      ...{ params: one.params, load: one.load },
      ...{ summary: 'Choose a cover', access: may('note:edit').fresh('10 minutes') },
      ...{ json: z.strictObject({ colour: z.enum(['green', 'brown', 'clear']) }) },
      returns: nothing,
    },
    () => noContent(),
  )
  notes.delete(
    '/notes/:noteId',
    { ...one, summary: 'Delete a note', access: may('note:edit'), returns: nothing },
    () => noContent(),
  )
}
