import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { insertPosts, openPress, readingOf, writePost } from './postsFixture.ts'

const site = await openPress()
after(() => site.close())

const editor = await site.signInAs('editor')
const inTitle = await writePost(editor, { title: 'The wide margin', body: 'About paper.' })
const inSummary = await writePost(editor, { title: 'Two', summary: 'A margin, narrow.' })
const inBody = await writePost(editor, { title: 'Three', body: 'Every MARGIN is wide.' })
const percent = await writePost(editor, { title: '100% cotton', body: 'snake_case, bang!' })
const posts = [inTitle, inSummary, inBody, percent]

const found = async (q: string): Promise<readonly string[]> => {
  const { status, text } = await site.visitor().get(`/search?q=${encodeURIComponent(q)}`)
  assert.equal(status, 200, q)
  return posts.filter((post) => text.includes(`href="${post}"`))
}

test('all the words, anywhere, in any case', async () => {
  assert.deepEqual(await found('margin'), [inTitle, inSummary, inBody])
  assert.deepEqual(await found('MARGIN wide'), [inTitle, inBody])
  assert.deepEqual(await found('  wide   paper '), [inTitle])
  assert.deepEqual(await found('margin absent'), [])
})

test('any case is any case in every script, whether letters are composed or not', async () => {
  const cases = [
    ['Élodie über Ångström', ['élodie', 'ÉLODIE', 'E\u0301LODIE', 'ÜBER', 'ångström']],
    ['Новый ЖУРНАЛ', ['журнал', 'НОВЫЙ']],
    ['Ὅμηρος', ['ὅΜΗΡ', 'ὍΜΗΡΟς']],
  ] as const
  for (const [title, asked] of cases) {
    const post = await writePost(editor, { title })
    for (const q of asked) {
      const { text } = await site.visitor().get(`/search?q=${encodeURIComponent(q)}`)
      assert.ok(text.includes(`href="${post}"`), `${title} by ${q}`)
    }
  }
})

test('wildcards and the escape are characters like any other', async () => {
  const cases = [
    ['%', [percent]],
    ['100%', [percent]],
    ['1%cotton', []],
    ['_', [percent]],
    ['snake_case', [percent]],
    ['m_rgin', []],
    ['!', [percent]],
    ['!%', []],
    ['\\', []],
    ['*', []],
    ['[m]argin', []],
  ] as const
  for (const [q, expected] of cases) assert.deepEqual(await found(q), expected, q)
})

test('what was asked is shown again as text, with the number found', async () => {
  const two = await site.visitor().get('/search?q=%3Cb%3Ewide+%26+margin')
  assert.ok(readingOf(two).includes('No posts for “<b>wide & margin”'))
  assert.match(two.text, /value="&lt;b&gt;wide &amp; margin"/)
  assert.match(two.text, /Nothing matched\./)
  assert.ok(readingOf(await site.visitor().get('/search?q=cotton')).includes('1 post for “cotton”'))
  assert.equal(two.text.match(/<h1/g)?.length, 1)
})

test('nothing asked, nothing searched', async () => {
  for (const path of ['/search', '/search?q=', '/search?q=+++']) {
    const { status, text } = await site.visitor().get(path)
    assert.equal(status, 200)
    assert.match(text, /<h1>Search<\/h1>/)
    assert.ok(!text.includes('class="entry"'))
  }
})

test('refused: overlong, controls, names that are not asked for', async () => {
  for (const query of [`q=${'x'.repeat(201)}`, 'q=a%0Ab', 'q=a%7F']) {
    assert.equal((await site.visitor().get(`/search?${query}`)).status, 422, query)
  }
  for (const query of ['q=a&q=b', 'q=a&admin=1', 'q=%00', 'q=%FF']) {
    assert.equal((await site.visitor().get(`/search?${query}`)).status, 400, query)
  }
})

test('pages keep the words', async () => {
  await insertPosts(site, editor.accountId, 11)
  const first = (await site.visitor().get('/search?q=Post+Text%2E')).text
  const next = /href="(\/search\?[^"]+)" rel="next"/.exec(first)?.[1]?.replaceAll('&amp;', '&')
  assert.equal(next, '/search?q=Post%20Text.&page=2')
  assert.equal((await site.visitor().get(next)).text.match(/class="entry"/g)?.length, 1)
  assert.equal((await site.visitor().get('/search?q=Post&page=3')).status, 404)
})

test('people are found in any case of their letters too', async () => {
  const person = await site.signInAs('viewer')
  await site.db
    .updateTable('demijohn_accounts')
    .set({ name: 'Élodie Ørsted' })
    .where('id', '=', person.accountId)
    .execute()
  const admin = await site.signInAs('admin')
  for (const q of ['élodie', 'ÉLODIE', 'ørsted', 'ØRSTED', 'die ør']) {
    const { text } = await admin.get(`/admin/people?q=${encodeURIComponent(q)}`)
    assert.ok(text.includes('Élodie Ørsted'), q)
  }
})
