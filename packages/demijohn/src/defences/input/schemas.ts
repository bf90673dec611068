/**
 * Ready schemas for what addresses and forms mostly carry. Each string has a bound, and every
 * expression here reads its text once.
 */
import { z } from 'zod'
import { type Id, parseId } from '../../core/ids.ts'

/** A UUIDv7 in lower case, branded. */
export const id = z
  .string()
  .length(36)
  .meta({
    description: 'An identifier: a UUID of version 7 in lower case.',
    examples: ['019b7ddc-2a00-7000-8000-000000000001'],
  })
  .transform((text, context): Id => {
    const parsed = parseId(text)
    if (parsed !== undefined) return parsed
    context.issues.push({ code: 'custom', message: 'not an identifier', input: text })
    return z.NEVER
  })

/** Lower-case words joined by single dashes, at most 80 characters. */
export const slug = z
  .string()
  .max(80)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'letters a to z, digits and single dashes')
  .meta({ description: 'Lower-case words joined by single dashes.', examples: ['first-post'] })

/** 1 to 10,000 without leading zeros; 1 where it is absent. */
export const pageNumber = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, 'a number from 1 to 10000')
  .meta({ description: 'A page, from 1 to 10000; 1 where it is absent.', examples: ['2'] })
  .transform(Number)
  .pipe(z.number().max(10_000))
  .default(1)

/** How many to a page of an API: 1 to 100 without leading zeros; 20 where it is absent. */
export const pageSize = z
  .string()
  .regex(/^[1-9]\d{0,2}$/, 'a number from 1 to 100')
  .meta({
    description: 'How many to a page, from 1 to 100; 20 where it is absent.',
    examples: ['50'],
  })
  .transform(Number)
  .pipe(z.int().min(1).max(100))
  .default(20)

/** At most 200 characters on one line, outer white space removed; empty where it is absent. */
export const searchText = z
  .string()
  .max(200)
  .regex(/^\P{Cc}*$/u, 'no control characters')
  .meta({ description: 'Words to look for, on one line.', examples: ['green bottles'] })
  .transform((text) => text.trim().normalize('NFC'))
  .default('')
