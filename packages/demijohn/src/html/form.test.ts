import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'parse5'
import { Misconfiguration } from '../core/misconfiguration.ts'
import {
  checkbox,
  choice,
  email,
  type Field,
  hidden,
  integer,
  password,
  search,
  text,
  textarea,
} from './fields.ts'
import { formView, labelOf, parseFields, type Values } from './form.ts'
import { type Html, render } from './template.ts'

const written = (markup: Html): string =>
  render(markup, { formToken: () => assert.fail(), nonce: () => assert.fail() })

const accepted: readonly (readonly [string, Field<unknown>, string | undefined, unknown])[] = [
  ['text, trimmed', text({ max: 5 }), '  abc ', 'abc'],
  ['text, composed', text({ max: 1 }), 'e\u0301', '\u00e9'],
  ['text, four parts composed', text({ max: 1 }), '\u03b1\u0313\u0300\u0345', '\u1f82'],
  ['text, code points counted', text({ max: 2 }), '🦊🦊', '🦊🦊'],
  ['text, optional', text({ max: 2, optional: true }), undefined, ''],
  ['textarea', textarea({ max: 9 }), 'a\r\nb\rc\td', 'a\nb\nc\td'],
  ['textarea keeps its indentation', textarea({ max: 9 }), '  a\n', '  a\n'],
  ['textarea, optional', textarea({ max: 9, optional: true }), ' \n', ''],
  ['email', email(), ' Ann.O+x@Example.ORG ', 'Ann.O+x@example.org'],
  ['email, wide at sign', email(), 'a\uff20example.org', 'a@example.org'],
  ['email, optional', email({ optional: true }), '', ''],
  ['password', password({ purpose: 'new' }), ' pass\tword ', ' pass\tword '],
  ['password of 1,024 bytes', password({ purpose: 'new' }), 'é'.repeat(512), 'é'.repeat(512)],
  ['choice', choice({ options: { a: 'A', b: 'B' } }), 'b', 'b'],
  ['checkbox', checkbox(), 'on', true],
  ['checkbox, not sent', checkbox(), undefined, false],
  ['integer', integer({ min: -5, max: 5 }), ' -5 ', -5],
  ['integer, minus zero', integer({ min: -5, max: 5 }), '-0', 0],
  ['integer, optional', integer({ min: 1, max: 5, optional: true }), '', undefined],
  ['search', search({ max: 5 }), undefined, ''],
]

for (const [name, field, raw, want] of accepted) {
  test(`fields: takes ${name}`, () => {
    assert.deepEqual(field.parse(raw), { ok: true, value: want })
  })
}

const rejected: readonly (readonly [string, Field<unknown>, string | undefined, RegExp])[] = [
  ['nothing', text({ max: 5 }), undefined, /Fill this in/],
  ['spaces only', text({ max: 5 }), '  ', /Fill this in/],
  ['text too long', text({ max: 5 }), 'abcdef', /at most 5 characters/],
  ['text far too long', text({ max: 5 }), 'a'.repeat(1e6), /at most 5 characters/],
  ['text that grows when normalised', text({ max: 2 }), '\ufb2c', /at most 2 characters/],
  ['text too short', text({ max: 5, min: 2 }), '🦊', /at least 2 characters/],
  ['two lines', text({ max: 5 }), 'a\nb', /one line/],
  ['NUL', text({ max: 5 }), 'a\0b', /control characters/],
  ['C1', text({ max: 5 }), 'a\u0085b', /control characters/],
  ['line separator', text({ max: 5 }), 'a\u2028b', /control characters/],
  ['half a surrogate pair', text({ max: 5 }), 'a\ud800', /control characters/],
  ['control in a textarea', textarea({ max: 5 }), 'a\u001bb', /control characters/],
  ['blank textarea', textarea({ max: 5 }), '\n \n', /Fill this in/],
  ['no password', password({ purpose: 'current' }), '', /Fill this in/],
  ['1,025 bytes', password({ purpose: 'new' }), `${'é'.repeat(512)}a`, /1,024 bytes/],
  ['a choice not offered', choice({ options: { a: 'A' } }), 'constructor', /one of the options/],
  ['no choice', choice({ options: { a: 'A' } }), undefined, /one of the options/],
  ['an odd tick', checkbox(), 'true', /Tick the box/],
  ['a fraction', integer({ min: 1, max: 5 }), '1.5', /whole number from 1 to 5/],
  ['an exponent', integer({ min: 1, max: 500 }), '1e2', /whole number from 1 to 500/],
  ['above max', integer({ min: 1, max: 5 }), '6', /whole number from 1 to 5/],
  ['endless digits', integer({ min: 1, max: 5 }), '0'.repeat(1e6), /whole number/],
]

for (const [name, field, raw, message] of rejected) {
  test(`[asvs 2.2.1] fields: refuses ${name}`, () => {
    const parsed = field.parse(raw)
    assert.ok(!parsed.ok)
    assert.match(parsed.message, message)
  })
}

const addresses = [
  'a@b.example,c@d.example',
  'a@b.example;c@d.example',
  'a@b.example c@d.example',
  'a@b.example\r\nBcc: c@d.example',
  'a@b.example\nc',
  'a@b@c.example',
  'a\uff20b@c.example',
  'a@b\uff0cc@d.example',
  'a@\u212aelvin',
  '<a@b.example>',
  '"a b"@c.example',
  'a@[127.0.0.1]',
  'a@127.0.0.1',
  'a@localhost',
  '.a@b.example',
  'a..b@c.example',
  'a@-b.example',
  'a@b..example',
  `${'a'.repeat(65)}@b.example`,
  `a@${'b'.repeat(250)}.example`,
  'ä@b.example',
  'a@b.example%0d%0aBcc:x',
  'a(comment)@b.example',
]

for (const address of addresses) {
  test(`fields: refuses the address ${JSON.stringify(address).slice(0, 60)}`, () => {
    assert.equal(email().parse(address).ok, false)
  })
}

test('fields: the addresses of isemail never throw, inject or become two', () => {
  const path = new URL(
    '../../../../../shared/reference/corpora/email/isemail-tests.xml',
    import.meta.url,
  )
  const cases = [...readFileSync(path, 'utf8').matchAll(/<address>([\s\S]*?)<\/address>/g)]
  assert.ok(cases.length > 100, `only ${cases.length} cases were read`)
  let taken = 0
  for (const [, raw = ''] of cases) {
    const address = raw
      .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)))
      .replace(/[\u2400-\u241f]/g, (symbol) => String.fromCharCode(symbol.charCodeAt(0) - 0x2400))
      .replaceAll('&quot;', '"')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
    const parsed = email().parse(address)
    if (!parsed.ok) continue
    taken += 1
    assert.match(parsed.value, /^[^\s@,;<>"()[\]\\:]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/)
  }
  assert.ok(taken > 5, `only ${taken} addresses were taken`)
})

const fields = {
  title: text({ max: 120, hint: 'Shown in lists' }),
  body: textarea({ max: 20_000 }),
  state: choice({ options: { draft: 'Draft', published: 'Published' } }),
  tone: choice({ as: 'radio', options: [{ value: 'dry', label: 'Dry' }] }),
  secret: password({ purpose: 'current', label: 'Your password' }),
  isPinned: checkbox(),
  size: integer({ min: 0, max: 9, optional: true }),
}

const filled = new Map([
  ['title', 'A'],
  ['body', 'B'],
  ['state', 'draft'],
  ['tone', 'dry'],
  ['secret', 's'],
  ['constructor', 'x'],
])

test('form: values keep the types of their fields', () => {
  const parsed = parseFields(fields, filled)
  assert.ok(parsed.ok)
  const values: Values<typeof fields> = parsed.values
  const state: 'draft' | 'published' = values.state
  const size: number | undefined = values.size
  // @ts-expect-error the title is text
  const title: number = values.title
  assert.deepEqual([state, size, title, values.isPinned], ['draft', undefined, 'A', false])
  assert.ok(Object.isFrozen(values))
  assert.ok(!Object.hasOwn(values, 'constructor'))
})

test('form: every wrong field is named', () => {
  const parsed = parseFields(fields, new Map([['size', '10']]))
  assert.ok(!parsed.ok)
  assert.deepEqual(Object.keys(parsed.errors), ['title', 'body', 'state', 'tone', 'secret', 'size'])
})

test('form: an accessible field, from label to error', () => {
  const view = formView(fields, { values: { title: '<b>"' }, errors: { title: 'Fill this in.' } })
  assert.equal(
    written(view.field('title')),
    '<div class="field"><label class="field-label" for="field-title">Title</label>' +
      '<p class="field-hint" id="field-title-hint">Shown in lists</p>' +
      '<input id="field-title" name="title" type="text" value="&lt;b&gt;&quot;" maxlength="480"' +
      ' aria-describedby="field-title-hint field-title-error" aria-invalid="true" required autofocus>' +
      '<p class="field-error" id="field-title-error">Fill this in.</p></div>\n',
  )
})

test('form: without errors nothing is announced or focused', () => {
  const view = formView(fields)
  assert.equal(view.hasErrors, false)
  assert.equal(written(view.summary), '')
  assert.doesNotMatch(written(view.fields), /autofocus|aria-invalid|field-error/)
})

test('form: only the first wrong field is focused, and the summary links to each', () => {
  const view = formView(fields, { errors: { tone: 'Choose.', body: 'Fill <in>.', '': 'Late.' } })
  assert.equal(written(view.fields).match(/autofocus/g)?.length, 1)
  assert.match(written(view.field('body')), /autofocus/)
  const summary = written(view.summary)
  assert.match(summary, /role="alert" tabindex="-1">/)
  assert.match(
    summary,
    /<li>Late\.<\/li><li><a href="#field-body">Body: Fill &lt;in&gt;\.<\/a><\/li><li><a href="#field-tone">/,
  )
})

test('form: an error of the whole form focuses the summary', () => {
  const view = formView(fields, { errors: { '': 'Wrong name or password.' } })
  assert.match(written(view.summary), /role="alert" tabindex="-1" autofocus>/)
  assert.equal(view.hasErrors, true)
})

test('[asvs 6.2.6] form: a password is masked and never written back', () => {
  const view = formView(fields, { values: { secret: 'hunter2' } })
  const markup = written(view.field('secret'))
  assert.match(markup, /type="password"/)
  assert.match(markup, /autocomplete="current-password"/)
  assert.doesNotMatch(markup, /hunter2|value=/)
})

test('form: choices and ticks are repopulated', () => {
  const view = formView(fields, {
    values: { state: 'published', tone: 'dry', isPinned: 'on', body: '\nx' },
  })
  assert.match(written(view.field('state')), /<option value="published" selected>/)
  assert.doesNotMatch(written(view.field('state')), /Choose/)
  assert.match(written(view.field('tone')), /value="dry" checked required>/)
  assert.match(written(view.field('isPinned')), /checked/)
  assert.match(written(view.field('body')), /rows="6" maxlength="80000" required>\n\nx</)
})

test('form: every id stands once, and every reference finds its id', () => {
  const errors = Object.fromEntries(Object.keys(fields).map((name) => [name, 'Wrong.']))
  const view = formView(fields, { errors })
  const markup = written(view.summary) + written(view.fields)
  parse(markup, { onParseError: (error) => assert.ok(error.code.includes('doctype'), error.code) })
  const ids = [...markup.matchAll(/ id="([^"]+)"/g)].map((found) => found[1])
  assert.equal(new Set(ids).size, ids.length)
  const references = [...markup.matchAll(/(?: for| aria-describedby|href)="#?([^"]+)"/g)]
  assert.ok(references.length > 10)
  for (const [, list = ''] of references) {
    for (const id of list.split(' ')) assert.ok(ids.includes(id), id)
  }
})

test('form: names of Object.prototype are neither values nor errors', () => {
  const odd = { constructor: text({ max: 5 }), toString: text({ max: 5 }) }
  assert.equal(formView(odd, { values: {}, errors: {} }).hasErrors, false)
  assert.doesNotMatch(written(formView(odd, { values: {} }).fields), /native code/)
})

test('form: names that cannot stand in a form throw', () => {
  for (const name of ['formToken', '', 'a b', '__proto__', '1a']) {
    const odd = Object.fromEntries([[name, text({ max: 5 })]])
    assert.throws(() => formView(odd), Misconfiguration)
    assert.throws(() => parseFields(odd, new Map()), Misconfiguration)
  }
  assert.throws(() => text({ max: 0 }), RangeError)
  assert.throws(() => choice({ options: [] }), RangeError)
  assert.throws(() => integer({ min: 2, max: 1 }), RangeError)
  // @ts-expect-error every string has a length
  assert.throws(() => text({}), RangeError)
})

test('form: labels come from names', () => {
  assert.equal(labelOf('displayName'), 'Display name')
  assert.equal(labelOf('post_title'), 'Post title')
})

test('hidden: carries what the page remembers, without a label, a hint or an id', () => {
  const fields = { version: hidden({ max: 5 }), title: text({ max: 10 }) }
  const shown = written(formView(fields, { values: { version: '"1' } }).fields)
  assert.match(shown, /^<input name="version" type="hidden" value="&quot;1"><div class="field">/)
  assert.equal(shown.match(/<label/g)?.length, 1)
  assert.deepEqual(parseFields(fields, new Map([['title', 'a']])), {
    ok: true,
    values: { version: '', title: 'a' },
  })
  const long = parseFields(
    fields,
    new Map([
      ['version', '123456'],
      ['title', 'a'],
    ]),
  )
  assert.deepEqual(long.ok ? [] : Object.keys(long.errors), ['version'])
})

test('hidden: an error about it stands in the summary, which is focused, and leads nowhere', () => {
  const fields = { version: hidden({ max: 5 }), title: text({ max: 10 }) }
  const view = formView(fields, { values: { version: '1' }, errors: { version: 'Out of date.' } })
  assert.equal(view.hasErrors, true)
  assert.equal(view.error('version'), 'Out of date.')
  assert.equal(view.error('title'), undefined)
  const summary = written(view.summary)
  assert.match(summary, /<div class="error-summary" role="alert" tabindex="-1" autofocus>/)
  assert.match(summary, /<li>Out of date\.<\/li>/)
  assert.doesNotMatch(written(view.fields), /autofocus|aria-invalid/)
})
