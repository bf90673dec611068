/** The examples of docs/api.md, asked of Press as they stand there, by an editor. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { roles } from '../src/kit.ts'
import { askApi, openApiWorld } from './apiWorld.ts'

const world = await openApiWorld()
after(() => world.site.close())
const token = await world.site.tokenFor(world.people.editor, roles.permissions)

const page = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8')
const examples = page.split('\n').filter((line) => line.startsWith('curl http://localhost:8080/'))

test('docs: there are examples for curl', () => assert.ok(examples.length >= 5))

for (const example of examples) {
  test(`docs: ${example.slice(0, 100)}`, async () => {
    const [command = '', comment = ''] = example.split('  # ')
    const [, target = ''] = /^curl http:\/\/localhost:8080(\S+)/.exec(command) ?? []
    const fields = [...command.matchAll(/ -H "([^:"]+): ([^"]*)"/g)]
    const headers = Object.fromEntries(
      fields.map(([, name = '', value = '']) => [
        name.toLowerCase(),
        value.replace('$TOKEN', token),
      ]),
    )
    const body = / -d '([^']*)'/.exec(command)?.[1]
    const reply = await askApi(world, {
      ...{ method: body === undefined ? 'GET' : 'POST', target, headers },
      ...(body === undefined ? {} : { body }),
    })
    const [, status, code] = /^(\d{3})(?:, ([a-z]+\.[a-z-]+))?/.exec(comment) ?? []
    assert.equal(String(reply.status), status, reply.text)
    if (code !== undefined) assert.match(reply.text, new RegExp(`"code":"${code}"`))
  })
}
