/** The page of an API: whole, in itself, and without a way in for what stands in it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { refusalTable } from '../../../core/refusals.ts'
import { noteProject, roles } from '../../../testing/projectFixture.ts'
import { testApp } from '../../../testing/site.ts'
import { kit } from '../../kit.ts'
import { describedProject } from './openapiFixture.ts'
import { describedSite } from './siteFixture.ts'

async function pageOf(project = describedProject()): Promise<string> {
  const site = await testApp(project)
  try {
    const reply = await site.visitor().get('/api/v2/docs')
    assert.equal(reply.status, 200, reply.text)
    return reply.text
  } finally {
    await site.close()
  }
}

test('docs page: every operation is there with its path, scope, bounds and example', async () => {
  const site = await describedSite(describedProject())
  try {
    const { text, header } = await site.visitor().get('/api/v2/docs')
    assert.match(header('content-type') ?? '', /^text\/html/)
    assert.ok(site.operations.length > 5)
    for (const { id, summary, refusals } of site.operations) {
      assert.ok(text.includes(`<article id="${id}"`), id)
      assert.ok(text.includes(`>${summary}</a>`), id)
      for (const code of refusals) assert.ok(text.includes(`href="#${code}"`), code)
    }
    assert.match(text, /the scope <code class="scope">note:edit<\/code>/)
    assert.match(text, /60 per minute and 2000 per day for each client/)
    assert.match(text, /30 per hour for each account/)
    assert.match(text, /-H &quot;If-Match: \$ETAG&quot;|-H "If-Match: \$ETAG"/)
    assert.match(text, /Authorization: Bearer \$TOKEN/)
    assert.match(text, /signed in within the last 10 minutes/)
    assert.match(text, /1 to 80 characters/)
  } finally {
    await site.close()
  }
})

test('docs page: every link within it leads somewhere, and no two places have one name', async () => {
  const text = await pageOf()
  const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  assert.equal(new Set(ids).size, ids.length)
  const links = [...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
  assert.ok(links.length > 40)
  assert.deepEqual(
    links.filter((id) => !ids.includes(id)),
    [],
  )
})

test('docs page: every code that a problem can have is explained, with what to do', async () => {
  const text = await pageOf()
  /** Of forms, sessions and sign-ins, which no program has. */
  const ofPages =
    /^csrf\.|^openid\.|^sentinel\.challenge$|^access\.(sign-in|second-factor|enrolment)-required$/
  const expected = Object.keys(refusalTable).filter((code) => !ofPages.test(code))
  assert.deepEqual(
    expected.filter((code) => !text.includes(`<tr id="${code}">`)),
    [],
  )
})

test('docs page: it runs no script, has no style of its own, and loads one file of the site', async () => {
  const text = await pageOf()
  assert.doesNotMatch(text, /<script|<style| style=|nonce| on[a-z]+=/)
  const loaded = [...text.matchAll(/<(?:link|img|iframe|source)[^>]*>/g)].map(([tag]) => tag)
  assert.equal(loaded.length, 1)
  assert.match(loaded[0] ?? '', /href="\/static\/demijohn\/api\.[0-9a-f]{16}\.css"/)
})

test('docs page: an API bound to keys says so in its examples', async () => {
  const text = await pageOf(describedProject({ kind: 'anyone' }, { proofOfPossession: 'required' }))
  assert.match(text, /Authorization: DPoP \$TOKEN/)
  assert.match(text, /DPoP: \$PROOF/)
  assert.doesNotMatch(text, /Bearer \$TOKEN/)
})

test('[asvs 1.2.1] docs page: what the authors of an API wrote is text wherever it stands', async () => {
  const { anyone, api } = kit()({ roles })
  const { project } = noteProject()
  const bad = `"><script>alert(1)</script>'`
  const notes = api('/api/v2', { title: bad, version: bad, documentation: anyone })
  const shape = z
    .strictObject({
      [bad]: z
        .string()
        .max(3)
        .meta({ description: bad, examples: [bad] }),
      choice: z.enum([bad]),
      shaped: z
        .string()
        .regex(/"><script>/)
        .max(90),
    })
    .meta({ title: bad })
  notes.post(
    '/notes',
    {
      ...{ summary: bad, description: bad, access: anyone },
      ...{ query: { [bad]: z.string().max(3) }, json: shape, returns: shape },
    },
    () => {
      throw new TypeError('never called')
    },
  )
  const text = await pageOf({ ...project, blueprints: [notes] })
  assert.ok(text.includes('alert(1)'))
  assert.doesNotMatch(text, /<script/)
  // Nor does the example end the quotes of the shell: each stands for itself outside of them.
  assert.match(text, /&#39;\\&#39;&#39;|'\\''/)
})
