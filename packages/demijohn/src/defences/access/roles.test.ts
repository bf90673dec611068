import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { defineRoles } from './roles.ts'

const roles = defineRoles({
  viewer: { may: ['post:read'] },
  member: { is: 'viewer', may: ['comment:write', 'comment:delete:own'] },
  editor: { is: 'member', may: ['post:edit:own'] },
  admin: { is: 'editor', may: ['post:edit', 'comment:delete'] },
})

/** What the design says each of them may do, role by role. */
const expected = {
  viewer: { 'post:read': 'any', 'comment:write': 'none', 'comment:delete': 'none' },
  member: { 'post:read': 'any', 'comment:write': 'any', 'comment:delete': 'own' },
  editor: { 'post:read': 'any', 'comment:delete': 'own', 'post:edit': 'own' },
  admin: { 'post:read': 'any', 'comment:delete': 'any', 'post:edit': 'any' },
}
for (const [role, reaches] of Object.entries(expected)) {
  for (const [permission, reach] of Object.entries(reaches)) {
    test(`[asvs 8.2.1] roles: ${role} reaches ${reach} by ${permission}`, () => {
      assert.equal(roles.reach(role, permission), reach)
    })
  }
}

test('roles: permissions are named once, sorted, without :own', () => {
  assert.deepEqual(roles.permissions, ['comment:delete', 'comment:write', 'post:edit', 'post:read'])
  assert.deepEqual(roles.names, ['viewer', 'member', 'editor', 'admin'])
})

test('[asvs 8.2.1] roles: a name that is none reaches nothing, nor does one of every object', () => {
  for (const name of ['', 'root', 'Admin', 'admin ', '__proto__', 'constructor', 'toString']) {
    assert.equal(roles.reach(name, 'post:read'), 'none', name)
    assert.equal(roles.reach('admin', name), 'none', name)
  }
  assert.equal(roles.reach('admin', 'post:edit:own'), 'none')
})

test('roles: the wider reach wins, whichever role of the line it comes from', () => {
  const narrowedBelow = defineRoles({
    wide: { may: ['post:edit'] },
    narrow: { is: 'wide', may: ['post:edit:own'] },
  })
  assert.equal(narrowedBelow.reach('narrow', 'post:edit'), 'any')
  const inOneRole = defineRoles({
    one: { may: ['post:edit', 'post:edit:own'] },
    other: { may: ['post:edit:own', 'post:edit'] },
  })
  assert.equal(inOneRole.reach('one', 'post:edit'), 'any')
  assert.equal(inOneRole.reach('other', 'post:edit'), 'any')
})

test('roles: nothing is inherited downwards or sideways', () => {
  const siblings = defineRoles({
    base: { may: ['a:read'] },
    left: { is: 'base', may: ['b:read'] },
    right: { is: 'base', may: ['c:read'] },
  })
  assert.equal(siblings.reach('base', 'b:read'), 'none')
  assert.equal(siblings.reach('left', 'c:read'), 'none')
  assert.equal(siblings.reach('right', 'a:read'), 'any')
})

test('roles: the result cannot be written to', () => {
  assert.ok(Object.isFrozen(roles))
  assert.ok(Object.isFrozen(roles.names))
  assert.ok(Object.isFrozen(roles.permissions))
})

/** As a caller without types would write it: the compiler would refuse each of these. */
function problemsOf(json: string): readonly string[] {
  try {
    defineRoles(JSON.parse(json))
  } catch (error) {
    assert.ok(error instanceof Misconfiguration)
    return error.problems
  }
  return []
}

const wrong: readonly (readonly [string, string, RegExp])[] = [
  ['no role at all', '{}', /no role is defined/],
  ['a parent that is no role', '{"a":{"is":"b","may":[]}}', /"a" is "b", which is no role/],
  ['a role that is itself', '{"a":{"is":"a","may":[]}}', /"a" inherits from itself/],
  ['a parent that every object has', '{"a":{"is":"toString","may":[]}}', /which is no role/],
  ['a name with a capital', '{"Admin":{"may":[]}}', /"Admin": use a lower-case name/],
  ['a name with a space', '{"the boss":{"may":[]}}', /use a lower-case name/],
  ['an empty name', '{"":{"may":[]}}', /use a lower-case name/],
  ['a grant without a verb', '{"a":{"may":["post"]}}', /"post" is not a grant/],
  ['a grant with a star', '{"a":{"may":["*:*"]}}', /is not a grant/],
  ['a grant with another ending', '{"a":{"may":["post:edit:mine"]}}', /is not a grant/],
  ['a grant with a line break', '{"a":{"may":["post:edit\\n"]}}', /is not a grant/],
]
for (const [name, json, problem] of wrong) {
  test(`roles: ${name} does not start`, () => {
    const problems = problemsOf(json)
    assert.equal(problems.length, 1)
    assert.match(problems[0] ?? '', problem)
  })
}

test('roles: a circle is found from each role in it, and every problem is told at once', () => {
  const problems = problemsOf(
    '{"a":{"is":"b","may":[]},"b":{"is":"c","may":["x"]},"c":{"is":"a","may":[]},"d":{"is":"e","may":[]}}',
  )
  assert.equal(problems.filter((one) => one.includes('inherits from itself')).length, 3)
  assert.equal(problems.filter((one) => one.includes('is not a grant')).length, 1)
  assert.equal(problems.filter((one) => one.includes('is no role')).length, 1)
})
