import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectRoutes } from '../serve/application.ts'
import { noteProject, roles } from '../testing/projectFixture.ts'
import { kit } from './kit.ts'

/** By route: anonymous, viewer, editor, admin. */
const expected: Readonly<Record<string, readonly string[]>> = {
  'GET /': ['allowed', 'allowed', 'allowed', 'allowed'],
  'GET /note': ['allowed', 'allowed', 'allowed', 'allowed'],
  'POST /note': ['allowed', 'allowed', 'allowed', 'allowed'],
  'GET /notes/:noteId': ['sign-in', 'refused', 'own', 'allowed'],
  'GET /private': ['sign-in', 'allowed', 'allowed', 'allowed'],
}
const routes = projectRoutes(noteProject().project)

for (const [id, verdicts] of Object.entries(expected)) {
  test(`[asvs 8.1.1] verdicts: ${id}`, () => {
    const found = routes.find(({ route }) => route === id)
    assert.deepEqual(Object.keys(found?.verdicts ?? {}), ['anonymous', 'viewer', 'editor', 'admin'])
    assert.deepEqual(Object.values(found?.verdicts ?? {}), verdicts)
  })
}

test('verdicts: each says its rule, its credential and its limits', () => {
  const one = routes.find(({ route }) => route === 'GET /notes/:noteId')
  assert.deepEqual([one?.access, one?.credential, one?.limits], ['note:edit', 'session', []])
  const limited = routes.find(({ route }) => route === 'GET /limited')
  assert.deepEqual([limited?.access, limited?.limits], ['anyone', ['2 per minute']])
  assert.equal(routes.find(({ route }) => route === 'GET /private')?.access, 'signed in')
})

test('can: answers what a route would decide', () => {
  const { can } = kit<object>()({ roles })
  const editor = { id: 'e', role: 'editor' }
  assert.equal(can(editor, 'note:edit', { ownerId: 'e' }), true)
  assert.equal(can(editor, 'note:edit', { ownerId: 'f' }), false)
  assert.equal(can(editor, 'note:edit', { ownerId: null }), false)
  assert.equal(can(editor, 'note:edit'), false)
  assert.equal(can(null, 'note:read'), false)
  assert.equal(can({ id: 'a', role: 'admin' }, 'note:edit'), true)
  assert.equal(can({ id: 'a', role: 'nobody' }, 'note:read'), false)
})
