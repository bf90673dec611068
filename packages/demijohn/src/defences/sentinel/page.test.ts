import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { render } from '../../html/template.ts'
import { answerTarget, challengePage, takeAnswer } from './page.ts'

test('challenge page: says how long to wait, where to go then, and what to work on', () => {
  const page = {
    ...{ work: 'w0rk', wait: 'w4it', waitSeconds: 20, target: '/posts?page=2' },
    ...{ script: '/static/demijohn/challenge.js', wasForm: true },
    stylesheet: '/static/demijohn/notice.css',
  }
  const none = (): string => assert.fail('it has no form and nothing inline')
  const written = (facts: typeof page): string =>
    render(challengePage(facts), { nonce: none, formToken: none })
  const text = written(page)
  assert.match(text, /wait 20 seconds, then <a href="\/posts\?page=2&amp;demijohn-answer=w4it">/)
  assert.match(text, /data-challenge="w0rk"/)
  assert.match(text, /data-target="\/posts\?page=2&amp;demijohn-answer="/)
  assert.match(text, /fill in the form again/)
  // No inline script, no handler: the policy of the site holds on this page, too.
  assert.doesNotMatch(text, /<script(?![^>]*\ssrc=)|\son\w+=|javascript:/i)
  assert.doesNotMatch(written({ ...page, wasForm: false }), /fill in the form/)
})

test('challenge page: an answer comes out of the query as it went in, and leaves nothing behind', () => {
  const query = fc.stringMatching(
    /^(?:[a-z]{1,4}=[a-z0-9%]{0,4}(?:&[a-z]{1,4}=[a-z0-9]{0,4}){0,3})?$/,
  )
  const property = fc.property(
    query,
    fc.stringMatching(/^[a-z0-9.]{1,40}$/),
    (rawQuery, answer) => {
      const target = answerTarget(rawQuery === '' ? '/x' : `/x?${rawQuery}`, answer)
      assert.deepEqual(takeAnswer(target.slice(target.indexOf('?') + 1)), {
        answer,
        rest: rawQuery,
      })
    },
  )
  fc.assert(property)
  assert.deepEqual(takeAnswer('a=1'), { answer: undefined, rest: 'a=1' })
  assert.deepEqual(takeAnswer('demijohn-answer=a&x=1&demijohn-answer=b'), {
    answer: 'b',
    rest: 'x=1',
  })
})
