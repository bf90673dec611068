/** What is told of Press's API: right by a validator from outside, and whole. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { testApp } from 'demijohn/testing'
import { project } from '../src/project.ts'

test('the document of the API is one, and every route for programs is in it', async () => {
  const site = await testApp(project)
  try {
    const document = JSON.parse((await site.visitor().get('/api/v1/openapi.json')).text)
    const result = await new Validator().validate(structuredClone(document))
    assert.equal(result.valid, true, JSON.stringify(result))
    const told = Object.entries<object>(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const there = site.app
      .routes()
      .filter(({ credential, path }) => credential === 'bearer' && path.startsWith('/api/'))
      .map(({ route }) => route.replace(/:(\w+)/g, '{$1}'))
    assert.ok(there.length > 10)
    assert.deepEqual(told.sort(), there.sort())
    const page = await site.visitor().get('/api/v1/docs')
    for (const [, id] of page.text.matchAll(/<article id="(\w+)"/g)) {
      assert.ok(JSON.stringify(document).includes(`"operationId":"${id}"`), id)
    }
  } finally {
    await site.close()
  }
})
