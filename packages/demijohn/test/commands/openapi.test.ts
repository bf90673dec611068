/** `npx demijohn openapi`: the document of an API, for whoever generates a client. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentFault } from '../../src/pipeline/api/openapi/oracleFixture.ts'
import { place } from './processFixture.ts'

const project = (prefixes: readonly string[]) => `
import { describedProject } from '${new URL('../../src/pipeline/api/openapi/openapiFixture.ts', import.meta.url).pathname}'
const { blueprints, ...rest } = describedProject('not served')
const [api] = blueprints.slice(-1)
const under = (prefix) => ({
  ...api,
  prefix,
  routes: api.routes.map((route) => ({ ...route, path: route.path.replace(api.prefix, prefix) })),
})
export const project = { ...rest, blueprints: ${JSON.stringify(prefixes)}.map(under) }
`

test('commands: openapi prints the document, also of an API that does not serve it', async (t) => {
  const { write, run } = place(t)
  write('project.mjs', project(['/api/v2']))
  write('package.json', '{"type":"module","demijohn":{"project":"project.mjs"}}')
  const relative = await run('openapi')
  assert.deepEqual([relative.code, relative.stderr], [0, ''])
  const document = JSON.parse(relative.stdout)
  assert.equal(await documentFault(document), undefined)
  assert.deepEqual(document.servers, [{ url: '/' }])
  const named = await run('openapi', '/api/v2', '--origin', 'https://notes.example')
  assert.deepEqual(JSON.parse(named.stdout).servers, [{ url: 'https://notes.example' }])
  for (const words of [
    ['api/v2'],
    ['/api/v2', '/api/v3'],
    ['--origin'],
    ['--origin', 'notes.example'],
    ['--origin', 'https://notes.example/api'],
  ]) {
    const ran = await run('openapi', ...words)
    assert.deepEqual([ran.code, ran.stdout], [2, ''], words.join(' '))
  }
})

test('commands: openapi asks which, where there are several, and says where there is none', async (t) => {
  const { write, run } = place(t)
  write('package.json', '{"type":"module","demijohn":{"project":"project.mjs"}}')
  write('project.mjs', project(['/api/v2', '/api/v3']))
  const several = await run('openapi')
  assert.deepEqual([several.code, several.stdout], [1, ''])
  assert.match(several.stderr, /name one: \/api\/v2 \(Notes\), \/api\/v3 \(Notes\)/)
  const one = await run('openapi', '/api/v3')
  assert.equal(one.code, 0)
  assert.deepEqual(Object.keys(JSON.parse(one.stdout).paths)[0], '/api/v3/me')
  const wrong = await run('openapi', '/api/v4')
  assert.deepEqual([wrong.code, wrong.stdout], [1, ''])
  write('project.mjs', project([]))
  const none = await run('openapi')
  assert.equal(none.code, 1)
  assert.match(none.stderr, /the project has no API/)
})
