import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testApp } from 'demijohn/testing'
import { project } from '../project.ts'

const site = await testApp(project)
after(() => site.close())

test('an editor writes, publishes, edits and deletes', async () => {
  const editor = await site.signInAs('editor')
  const made = await editor.post('/posts/new', {
    title: 'A title',
    summary: 'S',
    body: '# x',
    state: 'published',
  })
  assert.equal(made.status, 303)
  const page = await editor.follow(made)
  assert.match(page.text, /<h1>A title<\/h1>/)
})
