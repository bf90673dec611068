/** What docs/api.md shows is true: its program compiles, runs, and does what the text says. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { readTestToken } from '../../src/pipeline/api/apiFixture.ts'
import { documentFault, strictValidator } from '../../src/pipeline/api/openapi/oracleFixture.ts'
import type { Project } from '../../src/serve/application.ts'
import type { TestReply } from '../../src/testing/client.ts'
import { documentProblems } from '../../src/testing/openApi.ts'
import { testApp } from '../../src/testing/site.ts'
import { fenced, readPage, root } from './pages.ts'

const page = readPage('docs/api.md')
const [program = '', table = ''] = fenced(page, 'ts')
const folder = mkdtempSync(join(tmpdir(), 'demijohn-api-'))
after(() => rmSync(folder, { recursive: true }))
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
writeFileSync(join(folder, 'database.ts'), table)
writeFileSync(join(folder, 'api.ts'), program)

test('docs, api: its program compiles', () => {
  assert.match(program, /documentation: anyone/)
  const config = { extends: join(root, 'tsconfig.json'), include: [], files: ['api.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const { stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'],
    { encoding: 'utf8', cwd: folder },
  )
  assert.equal(stdout, '')
})

const scopes = 'note:read+note:write+note:edit'

test('docs, api: its program runs, does what the text says, and answers as its document says', async () => {
  const module: { readonly project: Project } = await import(
    pathToFileURL(join(folder, 'api.ts')).href
  )
  const site = await testApp(module.project, { readToken: readTestToken })
  const validate = strictValidator()
  try {
    const owner = await site.signInAs('member')
    const other = await site.signInAs('member')
    const served = await site.visitor().get('/api/v1/openapi.json')
    const document = JSON.parse(served.text)
    assert.equal(await documentFault(document), undefined)

    async function call(
      line: string,
      { json, as = owner.accountId, ...fields }: Record<string, unknown> = {},
    ): Promise<TestReply> {
      site.clock.advance(1_000)
      const [method = '', target = ''] = line.split(' ')
      const body = json === undefined ? {} : { body: JSON.stringify(json) }
      const type = json === undefined ? {} : { 'content-type': 'application/json' }
      const authorization = `Bearer member.${as}.${scopes}`
      const headers = { authorization, ...type, ...(fields as Record<string, string>) }
      const reply = await site.visitor().send({ method, target, headers, ...body })
      assert.deepEqual(documentProblems(document, { method, target, reply }, validate), [])
      return reply
    }

    const key = (name: string) => ({ 'idempotency-key': name })
    const first = { json: { title: 'first' }, ...key('one') }
    const made = await call('POST /api/v1/notes', first)
    assert.equal(made.status, 201)
    const again = await call('POST /api/v1/notes', first)
    assert.deepEqual([again.status, again.location], [201, made.location])
    assert.equal((await call('POST /api/v1/notes', { json: { title: 'x' } })).status, 400)
    assert.equal(
      (await call('POST /api/v1/notes', { json: { title: 'second' }, ...key('2') })).status,
      201,
    )

    const address = made.location ?? ''
    const read = await call(`GET ${address}`)
    assert.doesNotMatch(read.text, /ownerId/)
    const etag = read.header('etag') ?? ''
    assert.equal(etag, made.header('etag'))
    assert.equal((await call(`GET ${address}`, { 'if-none-match': etag })).status, 304)

    const change = { json: { title: 'changed' } }
    assert.equal((await call(`PATCH ${address}`, change)).status, 428)
    assert.equal((await call(`PATCH ${address}`, { ...change, 'if-match': '"old"' })).status, 412)
    const notTheirs = { ...change, 'if-match': etag, as: other.accountId }
    assert.equal((await call(`PATCH ${address}`, notTheirs)).status, 403)
    const changed = await call(`PATCH ${address}`, { ...change, 'if-match': etag })
    assert.equal(changed.status, 200)

    const titles: string[] = []
    let next: string | undefined = '/api/v1/notes?size=1'
    while (next !== undefined) {
      const list = await call(`GET ${next}`)
      titles.push(...JSON.parse(list.text).notes.map((one: { title: string }) => one.title))
      next = /^<([^>]+)>; rel="next"$/.exec(list.header('link') ?? '')?.[1]
    }
    assert.deepEqual(titles, ['changed', 'second'])

    const long = await call('POST /api/v1/notes', { json: { title: 'x'.repeat(81) }, ...key('3') })
    const [shown = ''] = fenced(page, 'json')
    const told = { ...JSON.parse(long.text), requestId: JSON.parse(shown).requestId }
    assert.deepEqual(told, JSON.parse(shown))

    const latest = changed.header('etag') ?? ''
    assert.equal((await call(`DELETE ${address}`, { 'if-match': latest })).status, 204)
    assert.equal((await call(`GET ${address}`)).status, 404)
    const asked = {
      method: 'GET',
      target: '/api/v1/notes',
      headers: { origin: 'https://a.example' },
    }
    assert.equal((await site.visitor().send(asked)).status, 403)
    assert.equal((await site.visitor().get('/api/v1/docs')).status, 200)
  } finally {
    await site.close()
  }
})
