import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'parse5'
import { attribute, elementsBelow } from '../testing/forms.ts'
import { decoy, tookDecoy } from './decoy.ts'
import { text } from './fields.ts'
import { formView, parseFields } from './form.ts'
import { markupText } from './template.ts'

const fields = { name: text({ max: 20 }), website: decoy() }

test('decoy: out of sight, out of the order of Tab, out of what browsers fill in', () => {
  const page = parse(markupText(formView(fields).fields))
  const [around] = elementsBelow(page, 'div').filter(
    (one) => attribute(one, 'hidden') !== undefined,
  )
  assert.ok(around)
  const [input, ...others] = elementsBelow(around, 'input')
  assert.ok(input)
  assert.equal(others.length, 0)
  const named = ['name', 'type', 'tabindex', 'autocomplete'].map((name) => attribute(input, name))
  assert.deepEqual(named, ['website', 'text', '-1', 'off'])
  // A browser in text mode shows it: then it says what to do.
  const [label] = elementsBelow(around, 'label')
  assert.ok(label)
  assert.equal(attribute(label, 'for'), attribute(input, 'id'))
  assert.match(markupText(formView(fields).field('website')), /Leave this empty/)
})

test('decoy: left alone or not sent it is empty; filled in, the form is not taken', () => {
  for (const sent of [
    new Map([['name', 'Ada']]),
    new Map(Object.entries({ name: 'Ada', website: '' })),
  ]) {
    assert.deepEqual(parseFields(fields, sent), { ok: true, values: { name: 'Ada', website: '' } })
    assert.equal(tookDecoy(fields, sent), false)
  }
  for (const website of ['x', ' ', 'https://spam.example']) {
    const sent = new Map(Object.entries({ name: 'Ada', website }))
    assert.equal(parseFields(fields, sent).ok, false)
    assert.equal(tookDecoy(fields, sent), true)
  }
})

test('decoy: what was in it is gone when the form is shown again, and the summary leads nowhere', () => {
  const errors = { website: 'Please send it again.' }
  const view = formView(fields, { values: { name: 'Ada', website: 'spam' }, errors })
  assert.doesNotMatch(markupText(view.fields), /spam/)
  assert.match(markupText(view.summary), /<li>Please send it again\.<\/li>/)
})
