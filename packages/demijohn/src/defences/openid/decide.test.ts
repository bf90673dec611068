import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideStranger, isOwnStart, isProvenSince, provenAt } from './decide.ts'

const key = 'ada@site.example'
const yes = { email: key, isEmailVerified: true }
const account = { emailKey: key, emailVerifiedAt: 1, suspendedAt: null }

test('stranger: linked where both sides know that mail is read at one address, and nowhere else', () => {
  const identities = [yes, { ...yes, isEmailVerified: false }, { ...yes, email: null }]
  const keys = [key, null, 'eve@site.example']
  const accounts = [
    account,
    { ...account, emailVerifiedAt: null },
    { ...account, suspendedAt: 5 },
    { ...account, emailKey: 'eve@site.example' },
    undefined,
  ]
  const linked: unknown[] = []
  for (const identity of identities) {
    for (const emailKey of keys) {
      for (const one of accounts) {
        for (const isOpen of [true, false]) {
          const facts = { identity, emailKey, account: one, isOpen }
          const verdict = decideStranger(facts)
          if (verdict === 'link') linked.push(facts)
          if (verdict === 'register') {
            assert.ok(isOpen && one === undefined && identity === yes && emailKey !== null)
          }
        }
      }
    }
  }
  assert.deepEqual(linked, [
    ...[true, false].map((isOpen) => ({ identity: yes, emailKey: key, account, isOpen })),
    ...[true, false].map((isOpen) => ({
      ...{ identity: yes, emailKey: 'eve@site.example', isOpen },
      account: accounts[3],
    })),
  ])
})

test('[asvs 6.8.4] confirmation: a proof of after the question, or at most ten seconds before', () => {
  const at = (authenticatedAt: number | null) => isProvenSince({ authenticatedAt }, 100_000)
  assert.deepEqual([at(null), at(89_999), at(90_000), at(200_000)], [false, false, true, true])
})

test('[asvs 6.8.4] session: as old as the proof, never newer than now, and untold is oldest', () => {
  const at = (authenticatedAt: number | null) => provenAt({ authenticatedAt }, 100)
  assert.deepEqual([at(null), at(40), at(100), at(9_999)], [0, 40, 100, 100])
})

test('start: from a page of this site or by hand', () => {
  const start = (fetchSite: string | undefined, fetchDest?: string) =>
    isOwnStart({ fetchSite, fetchDest })
  assert.ok(start('same-origin', 'document') && start('none', 'document') && start(undefined))
  for (const site of ['cross-site', 'same-site', '', 'Same-Origin', 'same-origin, none']) {
    assert.equal(start(site, 'document'), false, site)
  }
  for (const dest of ['image', 'iframe', 'script', 'empty', '', 'embed']) {
    assert.equal(start('same-origin', dest), false, dest)
  }
})
