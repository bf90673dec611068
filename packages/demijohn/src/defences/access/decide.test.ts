import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AccessRule,
  type Actor,
  decideObject,
  decideRoute,
  type RouteVerdict,
  type Standing,
} from './decide.ts'
import { defineRoles } from './roles.ts'

const { reach } = defineRoles({
  member: { may: ['post:edit:own', 'post:read'] },
  admin: { is: 'member', may: ['post:edit'] },
})
const member = { id: 'm1', role: 'member' }
const admin = { id: 'a1', role: 'admin' }
const stranger = { id: 's1', role: 'nobody-defined-this' }
const anyone: AccessRule = { kind: 'anyone' }
const signedIn: AccessRule = { kind: 'signed-in' }
const edit: AccessRule = { kind: 'may', permission: 'post:edit' }

const now = Date.UTC(2026, 0, 1)

/** Signed in all the way, a moment ago. */
function decideFor(rule: AccessRule, actor: Actor): RouteVerdict {
  const standing: Standing = actor && { actor, stage: 'full', authenticatedAt: now }
  return decideRoute(rule, standing, reach, now)
}

const allowed = { allowed: true }
const signIn = { allowed: false, reason: 'sign-in-required' }
const forbidden = { allowed: false, reason: 'forbidden' }

const cases = [
  { name: 'anyone lets nobody in particular in', rule: anyone, actor: null, want: allowed },
  { name: 'anyone lets a person in', rule: anyone, actor: member, want: allowed },
  { name: 'signed in refuses nobody', rule: signedIn, actor: null, want: signIn },
  { name: 'signed in takes any role', rule: signedIn, actor: stranger, want: allowed },
  { name: 'a permission refuses nobody', rule: edit, actor: null, want: signIn },
  { name: 'a permission refuses a role without it', rule: edit, actor: stranger, want: forbidden },
  { name: 'a permission takes who holds it', rule: edit, actor: admin, want: allowed },
  { name: ':own waits for the object', rule: edit, actor: member, want: 'decide-on-object' },
] as const
for (const { name, rule, actor, want } of cases) {
  test(`[asvs 8.2.1] access: ${name}`, () => {
    assert.deepEqual(decideFor(rule, actor), want)
  })
}

test('access: a permission that nobody defined is refused for everybody', () => {
  for (const permission of ['', 'post', 'post:delete', 'post:edit:own', '__proto__']) {
    const rule: AccessRule = { kind: 'may', permission }
    assert.deepEqual(decideFor(rule, admin), forbidden)
  }
})

test('access: a rule of a kind that there is not is refused', () => {
  const rule: AccessRule = JSON.parse('{"kind":"everyone"}')
  assert.deepEqual(decideFor(rule, admin), forbidden)
  assert.deepEqual(decideFor(rule, null), signIn)
})

test('[asvs 8.2.2] access: the owner may, and nobody else', () => {
  assert.deepEqual(decideObject(member, { ownerId: 'm1' }), allowed)
  assert.deepEqual(decideObject(member, { ownerId: 'a1' }), forbidden)
  assert.deepEqual(decideObject(null, { ownerId: 'm1' }), signIn)
})

class Inherited {
  declare readonly ownerId: string
}
Object.defineProperty(Inherited.prototype, 'ownerId', { value: 'm1' })

const ownerless: Readonly<Record<string, unknown>> = {
  'nobody owns it': { ownerId: null },
  'an empty owner': { ownerId: '' },
  'no ownerId at all': { id: 'm1', owner: 'm1' },
  'an undefined owner': { ownerId: undefined },
  'a list with the owner in it': { ownerId: ['m1'] },
  'something that turns into the owner': { ownerId: { toString: () => 'm1' } },
  'a wrapped string': { ownerId: Object('m1') },
  'an ownerId that it only inherits': Object.create({ ownerId: 'm1' }),
  'an ownerId of its class': new Inherited(),
  'no object': 'm1',
  null: null,
  undefined,
}
for (const [name, object] of Object.entries(ownerless)) {
  test(`[asvs 8.2.2] access: refused where there is ${name}`, () => {
    assert.deepEqual(decideObject(member, object), forbidden)
  })
}

test('access: a person without an id owns nothing, not even what has an empty owner', () => {
  const nobody = { id: '', role: 'member' }
  for (const object of [{ ownerId: '' }, { ownerId: null }, {}]) {
    assert.deepEqual(decideObject(nobody, object), forbidden)
  }
})

const minutes = 60_000
const half: AccessRule = { kind: 'half-signed-in' }
const enrolling: AccessRule = { kind: 'enrolling', freshMilliseconds: 10 * minutes }
const secondFactor = { allowed: false, reason: 'second-factor-required' }
const enrolment = { allowed: false, reason: 'enrolment-required' }
const stepUp = { allowed: false, reason: 'step-up-required' }

test('[asvs 6.3.3] access: whoever owes a second factor reaches the page for it, and what all may see', () => {
  const at = (stage: 'second-factor' | 'enrolment', rule: AccessRule) =>
    decideRoute(rule, { actor: admin, stage, authenticatedAt: now }, reach, now)
  for (const rule of [signedIn, edit, enrolling, { ...signedIn, freshMilliseconds: minutes }]) {
    assert.deepEqual(at('second-factor', rule), secondFactor)
  }
  assert.deepEqual(at('second-factor', half), allowed)
  assert.deepEqual(at('second-factor', anyone), allowed)
  for (const rule of [signedIn, edit, half, { ...signedIn, freshMilliseconds: minutes }]) {
    assert.deepEqual(at('enrolment', rule), enrolment)
  }
  assert.deepEqual(at('enrolment', enrolling), allowed)
  assert.deepEqual(at('enrolment', anyone), allowed)
  assert.deepEqual(decideFor(half, admin), allowed)
  assert.deepEqual(decideFor(half, null), signIn)
})

test('[asvs 7.5.1] access: a route that asks for a fresh proof takes one that is younger, and no other', () => {
  const fresh = { freshMilliseconds: 10 * minutes }
  const at = (rule: AccessRule, actor: NonNullable<Actor>, age: number) =>
    decideRoute(rule, { actor, stage: 'full', authenticatedAt: now - age }, reach, now)
  for (const rule of [
    { ...signedIn, ...fresh },
    { ...edit, ...fresh },
    { kind: 'enrolling', ...fresh },
  ] as const) {
    assert.deepEqual(at(rule, admin, 0), allowed)
    assert.deepEqual(at(rule, admin, 10 * minutes - 1), allowed)
    assert.deepEqual(at(rule, admin, 10 * minutes), stepUp)
    // A clock that was set back: a time to come proves nothing.
    assert.deepEqual(at(rule, admin, -1), stepUp)
  }
  assert.deepEqual(at({ ...edit, ...fresh }, stranger, 20 * minutes), forbidden)
  assert.deepEqual(at({ ...edit, ...fresh }, member, 20 * minutes), stepUp)
  assert.deepEqual(at({ ...edit, ...fresh }, member, 0), 'decide-on-object')
  assert.deepEqual(at(signedIn, admin, 1_000 * minutes), allowed)
})
