import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AccessRule, decideObject, decideRoute } from './decide.ts'
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
    assert.deepEqual(decideRoute(rule, actor, reach), want)
  })
}

test('access: a permission that nobody defined is refused for everybody', () => {
  for (const permission of ['', 'post', 'post:delete', 'post:edit:own', '__proto__']) {
    const rule: AccessRule = { kind: 'may', permission }
    assert.deepEqual(decideRoute(rule, admin, reach), forbidden)
  }
})

test('access: a rule of a kind that there is not is refused', () => {
  const rule: AccessRule = JSON.parse('{"kind":"everyone"}')
  assert.deepEqual(decideRoute(rule, admin, reach), forbidden)
  assert.deepEqual(decideRoute(rule, null, reach), signIn)
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
