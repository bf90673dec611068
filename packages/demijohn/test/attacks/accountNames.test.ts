/**
 * Names and addresses of accounts, at the doors where they come in: what cannot be seen, turns the
 * reading, or is another address than it looks like.
 *
 * CVE-2019-19844, CVE-2022-35924, GHSA-7rqj-j65f-68wh; Unicode Technical Report 36.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  accountOf,
  addPerson,
  goodPassword,
  linkFrom,
  mailsSent,
  newPassword,
  openLinks,
  signedIn,
} from './linksFixture.ts'

const email = 'new@reader.example'

const unseen = [
  'Ada\u202enimda',
  '\u2066Ada\u2069',
  'A\u200bda',
  'A\u200dda',
  'Ada\u00ad',
  'A\ufeffda',
  'Ada\u2060',
  '\u3164',
  '\u2800\u2800',
  '\u115fAda',
  'Ada\u{e0041}',
  'Ada\ufe0f',
  'Ada\u061c',
  'Ada\u0000',
  'Ada\nBcc: eve@evil.example',
  'Ada\u2028x',
  'Ada\u0085x',
  '\u0301\u0301',
  `a${'\u0316'.repeat(30)}`,
  ' \u00a0 ',
]

test('names: what cannot be seen or turns the reading is refused where an account is made', async (t) => {
  const site = await openLinks(t)
  const path = await linkFrom(site, email, () => site.visitor().post('/register', { email }))
  const client = site.visitor()
  for (const name of unseen) {
    const reply = await client.post(path, { name, newPassword })
    assert.ok([400, 422].includes(reply.status), JSON.stringify(name))
    assert.equal(await accountOf(site, email), undefined)
    site.clock.advance(120_000)
  }
})

test('names: people’s names from everywhere are kept as they are written', async (t) => {
  const names = ['Đặng Thị Ngọc', 'علی‌رضا', '王小明', 'O’Brien', 'Zoë', 'श्री', 'Ана']
  for (const name of names) {
    const site = await openLinks(t)
    const path = await linkFrom(site, email, () => site.visitor().post('/register', { email }))
    assert.equal((await site.visitor().post(path, { name, newPassword })).status, 303, name)
    assert.equal((await accountOf(site, email))?.name, name.normalize('NFC'))
  }
})

const notAddresses = [
  'a@x.example,b@y.example',
  'a@x.example, b@y.example',
  'a@x.example;b@y.example',
  'a@x.example b@y.example',
  'Ada <a@x.example>',
  'a@x.example\r\nBcc: b@y.example',
  'a@x.example%0d%0aBcc:b@y.example\n',
  'a@x.example@y.example',
  'm\u0131ke@x.example',
  'm\u0456ke@x.example',
  'a@\u0445.example',
  'a@x\u3002example',
  'a@x.example\u200b',
  'a\u202e@x.example',
  '"a b"@x.example',
  'a@[192.0.2.1]',
  'a@x',
  'a..b@x.example',
  `${'a'.repeat(65)}@x.example`,
]

test('addresses: one plain ASCII address, or none, at every door that takes one', async (t) => {
  const site = await openLinks(t)
  await addPerson(site)
  for (const address of notAddresses) {
    site.clock.advance(400_000)
    const tries = [
      () => site.visitor().post('/register', { email: address }),
      () => site.visitor().post('/reset', { email: address }),
    ]
    for (const go of tries) {
      const reply = await go()
      assert.ok([400, 422].includes(reply.status), `${JSON.stringify(address)} ${reply.status}`)
    }
    const client = await signedIn(site)
    const values = { email: address, currentPassword: goodPassword }
    assert.ok([400, 422].includes((await client.post('/account/email', values)).status), address)
  }
  assert.deepEqual(await mailsSent(site), [])
  const accounts = await site.db.selectFrom('demijohn_accounts').select('email').execute()
  assert.equal(accounts.length, 1)
})

test('addresses: width and case are one account, stored as it was normalised', async (t) => {
  const site = await openLinks(t)
  const typed = 'Ａda＠Reader.Example'
  const stored = 'Ada@reader.example'
  const path = await linkFrom(site, stored, () =>
    site.visitor().post('/register', { email: typed }),
  )
  assert.equal((await site.visitor().post(path, { name: 'Ada', newPassword })).status, 303)
  assert.equal((await accountOf(site, 'ada@reader.example'))?.email, stored)
  for (const again of [typed, 'ADA@READER.EXAMPLE', 'ada@reader.example']) {
    site.clock.advance(600_000)
    const owner = await linkFrom(site, stored, () =>
      site.visitor().post('/register', { email: again }),
    )
    assert.equal(owner, '/login', again)
  }
})
