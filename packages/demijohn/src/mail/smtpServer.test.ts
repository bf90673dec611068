import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { parseSender, parseSmtpServer } from './smtpServer.ts'

const servers: Readonly<Record<string, readonly [string, number, string]>> = {
  'smtps://u:p@mail.example.org': ['mail.example.org', 465, 'from-the-start'],
  'smtps://mail.example.org:2465/': ['mail.example.org', 2465, 'from-the-start'],
  'smtp://u:p@mail.example.org': ['mail.example.org', 587, 'starttls'],
  'smtp://mail.example.org:25': ['mail.example.org', 25, 'starttls'],
  'smtp://10.0.0.1': ['10.0.0.1', 587, 'starttls'],
  'smtp://[2001:db8::1]': ['2001:db8::1', 587, 'starttls'],
  'smtp://localhost:25': ['localhost', 25, 'none'],
  'smtp://127.0.0.1:25': ['127.0.0.1', 25, 'none'],
  'smtp://[::1]:25': ['::1', 25, 'none'],
  'smtps://localhost': ['localhost', 465, 'from-the-start'],
  'smtp://localhost.example.org': ['localhost.example.org', 587, 'starttls'],
  'smtp://127.0.0.1.example.org': ['127.0.0.1.example.org', 587, 'starttls'],
}
for (const [text, [host, port, tls]] of Object.entries(servers)) {
  test(`[asvs 12.3.1] smtp server: ${text}: ${tls}`, () => {
    const server = parseSmtpServer(text)
    assert.deepEqual([server?.host, server?.port, server?.tls], [host, port, tls])
  })
}

test('smtp server: name and password are percent-decoded, and not printed', () => {
  const server = parseSmtpServer('smtps://me%40example.org:p%C3%A4%3A%2F%25@mail.example.org')
  assert.equal(server?.credentials?.user, 'me@example.org')
  assert.equal(server?.credentials?.password(), 'pä:/%')
  assert.doesNotMatch(`${JSON.stringify(server)}${inspect(server)}`, /pä/)
  assert.equal(parseSmtpServer('smtp://mail.example.org')?.credentials, undefined)
})

const refused = [
  '',
  'mail.example.org',
  'http://mail.example.org',
  'smtp:mail.example.org',
  'smtp:///x',
  'smtp://',
  'smtps://mail.example.org/path',
  'smtps://mail.example.org?tls.rejectUnauthorized=false',
  'smtps://mail.example.org/?secure=false',
  'smtps://mail.example.org#x',
  'smtps://mail.example.org:0',
  'smtps://mail.example.org:99999',
  'smtps://mail_x.example.org',
  'smtps://-x.example.org',
  'smtps://ma%0d%0ail.example.org',
  'smtps://user@mail.example.org',
  'smtps://:password@mail.example.org',
  'smtps://u:p%0d%0aQUIT@mail.example.org',
  'smtps://u:p%zz@mail.example.org',
  'smtps://u:p%ff@mail.example.org',
  'smtps://u:p@mail.example.org\r\n',
  ' smtps://u:p@mail.example.org',
  'smtps://mäil.example.org',
]
for (const text of refused) {
  test(`smtp server: ${JSON.stringify(text)} is refused`, () => {
    assert.equal(parseSmtpServer(text), undefined)
  })
}

test('sender: an address, with or without a name', () => {
  assert.deepEqual(
    { ...parseSender('press@example.org') },
    { name: '', address: 'press@example.org' },
  )
  for (const name of ['Press', 'The Press & Co.', 'Café Ärger', "Ada's notes"]) {
    assert.deepEqual(
      { ...parseSender(`${name} <press@Example.org>`) },
      { name, address: 'press@example.org' },
    )
  }
})

const noSenders = [
  '',
  'Press',
  'Press <>',
  'Press press@example.org',
  '<press@example.org>',
  'a@x.example, b@y.example',
  'Press <a@x.example>, b@y.example',
  'Press <a@x.example> <b@y.example>',
  'Press <a@x.example,b@y.example>',
  '"Press" <a@x.example>',
  'a@b.example <a@x.example>',
  'Press\r\nBcc: x@y.example <a@x.example>',
  'Press <a@x.example>\n',
  `${'x'.repeat(90)} <a@x.example>`,
]
for (const text of noSenders) {
  test(`sender: ${JSON.stringify(text)} is none`, () => assert.equal(parseSender(text), undefined))
}
