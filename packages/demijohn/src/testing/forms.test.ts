import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findForms } from './forms.ts'

/** What a browser would send for this form's content, by the HTML standard's "entry list". */
function entries(content: string): Record<string, string> {
  const [form] = findForms(`<form method="post">${content}</form>`, '/here')
  return Object.fromEntries(form?.values ?? [])
}

const cases: readonly (readonly [string, string, Record<string, string>])[] = [
  ['an input without a value', '<input name="a">', { a: '' }],
  ['a value', '<input name="a" value="1">', { a: '1' }],
  ['a value with references', '<input name="a" value="&lt;&quot;&amp;">', { a: '<"&' }],
  ['a hidden field', '<input type="hidden" name="a" value="1">', { a: '1' }],
  ['no name', '<input value="1">', {}],
  ['an empty name', '<input name="" value="1">', {}],
  ['a checkbox without a tick', '<input type="checkbox" name="a">', {}],
  ['a ticked checkbox', '<input type="checkbox" name="a" checked>', { a: 'on' }],
  ['its value', '<input type="checkbox" name="a" value="yes" checked>', { a: 'yes' }],
  [
    'radio buttons',
    '<input type="radio" name="a" value="1"><input type="radio" name="a" value="2" checked>',
    { a: '2' },
  ],
  [
    'a textarea, whose first line break is markup',
    '<textarea name="a">\n\nx</textarea>',
    { a: '\nx' },
  ],
  ['a textarea with markup', '<textarea name="a"><b></textarea>', { a: '<b>' }],
  ['a select', '<select name="a"><option>1<option>2</select>', { a: '1' }],
  [
    'a select with a choice',
    '<select name="a"><option value="1">x<option value="2" selected>y</select>',
    { a: '2' },
  ],
  ['a button that nobody pressed', '<button name="a" value="1">x</button>', {}],
  ['a submit input', '<input type="submit" name="a" value="1">', {}],
  ['a disabled control', '<input name="a" value="1" disabled>', {}],
]
for (const [name, content, want] of cases) {
  test(`forms: ${name}`, () => assert.deepEqual(entries(content), want))
}

test('forms: every one of the page, with its method and where it leads', () => {
  const found = findForms(
    '<form><input name="q"></form><form method="POST" action="/a"></form><form method="dialog"></form>',
    '/here',
  )
  assert.deepEqual(
    found.map(({ method, action }) => [method, action]),
    [
      ['get', '/here'],
      ['post', '/a'],
      ['get', '/here'],
    ],
  )
})

test('forms: what only looks like a form is none', () => {
  const markup = '<!-- <form method="post"> --><textarea><form method="post"></textarea>'
  assert.deepEqual(findForms(markup, '/'), [])
})

test('forms: a control of another form is not counted in', () => {
  const [first, second] = findForms(
    '<form><input name="a"></form><form><input name="b"></form>',
    '/',
  )
  assert.deepEqual([...(first?.names ?? [])], ['a'])
  assert.deepEqual([...(second?.names ?? [])], ['b'])
})
