/** What the API says of things, and what it takes. A column that does not stand here is not sent. */
import { z } from 'zod'
import { mayStandInMail } from '../admin/mails.ts'

/** One line, without what cannot be seen. */
const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u, 'one line without control characters')

/** Lines of text. */
const lines = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cs}\0-\x08\x0b\x0c\x0e-\x1f\x7f]*$/u, 'no control characters')

const id = z.uuid()
/** ISO 8601 in UTC; kept as milliseconds. */
const time = z.iso.datetime()
const state = z.enum(['draft', 'published'])

export const postShape = z.object({
  id,
  title: z.string(),
  summary: z.string(),
  body: z.string().describe('Markdown'),
  state,
  author: z.object({ id, name: z.string() }),
  updatedAt: time,
  publishedAt: time.nullable(),
})

export const newPost = z.strictObject({
  title: line(120),
  summary: lines(300).default(''),
  body: lines(20_000).min(1).describe('Markdown'),
  state: state.default('draft'),
})

/** What is left out stays as it is. */
export const postChange = z.strictObject({
  title: line(120).optional(),
  summary: lines(300).optional(),
  body: lines(20_000).min(1).optional(),
  state: state.optional(),
})

export const commentShape = z.object({
  id,
  postId: id,
  author: z.object({ id, name: z.string() }),
  body: z.string().describe('Markdown'),
  createdAt: time,
})

export const newComment = z.strictObject({ body: lines(4_000).min(1) })

export const personShape = z.object({
  id,
  name: z.string(),
  email: z.string(),
  role: z.string(),
  isSuspended: z.boolean(),
  hasSecondFactor: z.boolean(),
  createdAt: time,
})

export const newRole = z.strictObject({ role: z.enum(['viewer', 'member', 'editor', 'admin']) })
/** The reason stands in the mail to them, where its words must not turn around. */
export const suspension = z.strictObject({
  reason: line(300).refine(mayStandInMail, 'no invisible characters').optional(),
})

export const meShape = z.object({
  id,
  name: z.string(),
  role: z.string(),
  scopes: z.array(z.string()).describe('What this token was given, as far as the role has it'),
})

/** A part of a list, and how to ask for the next one. */
export const listOf = <Shape extends z.ZodType>(item: Shape) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe('The value of `after` for the next page'),
  })

export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString()
