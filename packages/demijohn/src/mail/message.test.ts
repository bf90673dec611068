import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { markupText } from '../html/template.ts'
import { findForms } from '../testing/forms.ts'
import { type MailContent, MailProblem, mailMessage } from './message.ts'
import { content, origin, signature } from './queueFixture.ts'

const site = { origin, signature }
const make = (changes: Partial<MailContent> = {}) => mailMessage({ ...content, ...changes }, site)

test('message: text and HTML say the same, with the link under the configured origin', () => {
  const { to, subject, text, html } = make()
  assert.equal(to, 'ada@reader.example')
  assert.equal(subject, 'Choose a new password')
  assert.equal(
    text,
    [
      'Hello Ada,',
      '',
      'somebody asked for a new password.',
      '',
      'Choose it:',
      'https://press.example/reset/secret-of-the-link',
      '',
      'Was it not you? Then do nothing.',
      '',
      '-- ',
      'Press',
      '',
    ].join('\n'),
  )
  const markup = markupText(html)
  for (const part of ['Hello Ada,', 'Choose it', 'Was it not you?', 'Press']) {
    assert.ok(markup.includes(part), part)
  }
  assert.deepEqual(
    [...markup.matchAll(/href="([^"]*)"/g)].map((found) => found[1]),
    ['https://press.example/reset/secret-of-the-link'],
  )
})

test('message: nothing is fetched, run or sent by the HTML part', () => {
  const markup = markupText(make().html)
  assert.doesNotMatch(
    markup,
    /<(?:script|img|link|iframe|object|style|form|base)\b|src=|style=|url\(/i,
  )
  assert.equal(findForms(markup, '/').length, 0)
})

test('message: a mail without a link and without a footer is whole', () => {
  const { text, html } = mailMessage(
    { to: content.to, subject: 'Hello', paragraphs: ['One.'] },
    site,
  )
  assert.equal(text, 'One.\n\n-- \nPress\n')
  assert.doesNotMatch(markupText(html), /href|undefined|false|null/)
})

/** What ends a line or turns it, somewhere: in SMTP, in MIME, in a terminal, on a screen. */
const breaks = [
  ...['\r\n', '\r', '\n', '\0', '\t', '\v', '\f', '\x1b', '\x7f', '\x85'],
  ...['\u2028', '\u2029', '\u202e', '\u2066', '\u200e', '\u061c', '\ufeff', '\ud800'],
]
const injected = ['Bcc: eve@evil.example', 'Content-Type: text/html', '\r\n<b>x</b>', '.']
const fields: Readonly<Record<string, (text: string) => Partial<MailContent>>> = {
  to: (text) => ({ to: text }),
  subject: (text) => ({ subject: text }),
  paragraphs: (text) => ({ paragraphs: ['One.', text] }),
  footer: (text) => ({ footer: text }),
  'action.label': (text) => ({ action: { label: text, path: '/x' } }),
  'action.path': (text) => ({ action: { label: 'x', path: text } }),
}
const sound: Readonly<Record<string, string>> = { to: content.to, 'action.path': '/x' }

for (const [field, put] of Object.entries(fields)) {
  test(`[asvs 1.3.11] message: a line break in ${field}, in any spelling, is refused`, () => {
    const before = sound[field] ?? 'Hello'
    make(put(before))
    for (const end of breaks) {
      for (const header of injected) {
        for (const text of [`${before}${end}${header}`, `${end}${before}`, `${before}${end}`]) {
          assert.throws(() => make(put(text)), MailProblem, JSON.stringify(text))
        }
      }
    }
  })
}

const notOneAddress = [
  '',
  'ada',
  'a@x.example,b@y.example',
  'a@x.example, b@y.example',
  'a@x.example;b@y.example',
  'a@x.example b@y.example',
  'Ada <a@x.example>',
  '<a@x.example>',
  'a@x.example>',
  'group: a@x.example, b@y.example;',
  '"a@x.example,b"@y.example',
  'a@x.example@y.example',
  'a@x.example(comment)',
  'a＠x.example',
  'a@x。example',
  'mıke@x.example',
  'a@[127.0.0.1]',
  `${'a'.repeat(65)}@x.example`,
  'a@x.example\u200b',
  'a%0d%0aBcc:b@y.example, c',
  '<b>a</b>@x.example',
]
for (const to of notOneAddress) {
  test(`[asvs 1.3.11] message: ${JSON.stringify(to)} is not one address`, () => {
    assert.throws(() => make({ to }), MailProblem)
  })
}

const elsewhere = [
  '',
  'reset/x',
  '//evil.example/x',
  '/\\evil.example',
  '\\/evil.example',
  'https://evil.example/',
  'https://press.example/reset/x',
  'javascript:alert(1)',
  '@evil.example',
  '.evil.example',
  ':8080/x',
  '/x y',
  '/ä',
  '/../x',
]
for (const path of elsewhere) {
  test(`message: ${JSON.stringify(path)} is no path of this site`, () => {
    assert.throws(() => make({ action: { label: 'x', path } }), MailProblem)
  })
}

test('message: whatever the path, the link is on this site', () => {
  fc.assert(
    fc.property(fc.webPath(), fc.string(), (path, more) => {
      for (const text of [path, `/${more}`, `${path}${more}`]) {
        let message: ReturnType<typeof make> | undefined
        try {
          message = make({ action: { label: 'x', path: text } })
        } catch (error) {
          assert.ok(error instanceof MailProblem)
          continue
        }
        const link = message.text.split('\n').find((line) => line.startsWith('http')) ?? ''
        assert.equal(new URL(link).origin, origin)
      }
    }),
  )
})

test('[asvs 1.2.1] message: markup in any text is text, in the HTML part as in the other', () => {
  const evil = '<img src=x onerror=alert(1)>"\'&</title>'
  const { text, html } = make({
    ...{ subject: evil, paragraphs: [evil], footer: evil },
    action: { label: evil, path: '/x' },
  })
  const markup = markupText(html)
  assert.doesNotMatch(markup, /<img/)
  assert.equal(markup.match(/&lt;img src=x onerror=alert\(1\)&gt;/g)?.length, 4)
  assert.equal(text.split(evil).length - 1, 3)
})

test('message: an address in a text is broken up, so that the one link is ours', () => {
  const { text, html } = make({
    paragraphs: ['Hello https://evil.example/x,', 'www.evil.example or WWW.evil.example'],
    footer: 'ftp://evil.example',
  })
  for (const part of [text, markupText(html)]) {
    assert.doesNotMatch(part.replaceAll(origin, ''), /:\/\/|www\./i)
  }
})

test('message: bounds', () => {
  make({ subject: 'x'.repeat(150), paragraphs: Array.from({ length: 20 }, () => 'x'.repeat(2000)) })
  const tooMuch: readonly Partial<MailContent>[] = [
    { subject: 'x'.repeat(151) },
    { subject: ' ' },
    { paragraphs: [] },
    { paragraphs: Array.from({ length: 21 }, () => 'x') },
    { paragraphs: ['x'.repeat(2001)] },
    { footer: '' },
  ]
  for (const changes of tooMuch) assert.throws(() => make(changes), MailProblem)
})

test('message: the error names the part and never what stood in it', () => {
  for (const [field, put] of Object.entries(fields)) {
    try {
      make(put('secret-text\r\n'))
      assert.fail(field)
    } catch (error) {
      assert.ok(error instanceof MailProblem)
      assert.ok(error.message.includes(field), error.message)
      assert.doesNotMatch(error.message, /secret-text/)
    }
  }
})
