/**
 * A person's name, as others will see it beside what the person does.
 *
 * Stops a name that turns the direction of reading (`nimda` shown as `admin`), one that looks like
 * another because of what cannot be seen in it, one of blanks alone, and marks stacked until they
 * cover the lines around (Unicode Technical Report 36, sections 2.5 and 3.1; UTS 55).
 *
 * Two joiners are letters' business in Arabic, Persian and the scripts of India, and stay allowed
 * between such letters (RFC 5892 appendices A.1 and A.2, simplified to the script).
 *
 * Does not stop letters of one script that look like another's: names are not unique here, and
 * people are told apart by their accounts.
 */
import { accept, type Field, field, type Named, reject } from './field.ts'
import { countCodePoints } from './text.ts'

/** Everything of general category C, default ignorables, and the blank of Braille. */
const unseen = /[\p{C}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/u

const joining =
  '[\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}' +
  '\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}' +
  '\\p{Script=Malayalam}\\p{Script=Sinhala}]'
const joiner = new RegExp(`(?<=${joining})[\\u200c\\u200d](?=${joining})`, 'gu')

/** Vietnamese and vocalised Hebrew need up to three. */
const stackedMarks = /\p{M}{5}/u

/**
 * The name in NFC, trimmed, each run of blanks as one. Undefined when something in it cannot be
 * seen, or nothing in it is a letter or a digit.
 */
export function parsePersonName(input: string): string | undefined {
  if (unseen.test(input.replace(joiner, ''))) return undefined
  const name = input
    .normalize('NFC')
    .replace(/\p{Z}+/gu, ' ')
    .trim()
  return /[\p{L}\p{N}]/u.test(name) && !stackedMarks.test(name) ? name : undefined
}

/** A field for a name of at most `max` characters, counted as code points. */
export function personName(
  options: Named & {
    readonly max: number
    /** `off` where the name is somebody else's; `name` when left out. */
    readonly autocomplete?: 'name' | 'off'
  },
): Field<string> {
  const { autocomplete = 'name' } = options
  // As for every text: four units may become one character by normalisation.
  const maxLength = options.max * 4
  return field(options, {
    required: true,
    control: { kind: 'input', type: 'text', autocomplete, maxLength, prose: false },
    parse: (raw) => {
      const sent = (raw ?? '').trim()
      if (sent === '') return reject('Fill this in.')
      if (sent.length > maxLength) return reject(`Use at most ${options.max} characters.`)
      const name = parsePersonName(sent)
      if (name === undefined) return reject('Use letters, and no invisible characters.')
      return countCodePoints(name) > options.max
        ? reject(`Use at most ${options.max} characters.`)
        : accept(name)
    },
  })
}
