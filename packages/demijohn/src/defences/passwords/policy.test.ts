import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import fc from 'fast-check'
import { checkNewPassword } from './policy.ts'

const nobody = { context: [] }
const codeOf = (password: string, context: readonly string[] = []) =>
  checkNewPassword(password, { context })?.code ?? null

const listed = readFileSync(new URL('./data/common-passwords.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')

test('[asvs 6.2.1] eleven characters are too few, twelve will do, counted as code points', () => {
  assert.equal(codeOf('kx7 pq2 vm9'), 'too-short')
  assert.equal(codeOf('kx7 pq2 vm9 '), null)
  assert.equal(codeOf('🔑🎈🐌🌋🚲🥝🧶🪁🎺🐙🍄'), 'too-short')
  assert.equal(codeOf('🔑🎈🐌🌋🚲🥝🧶🪁🎺🐙🍄🛶'), null)
  assert.equal(codeOf('e\u0301u\u0300o\u0302a\u0308i\u0308n\u0303'), 'too-short')
})

test('[asvs 6.2.9] long passwords are welcome up to 1,024 bytes', () => {
  const words = 'we left the yellow lighthouse before noon, '
  assert.equal(codeOf(words.repeat(2).slice(0, 64)), null)
  const long = `${words.repeat(23)}and so it went on and on for ever`
  assert.equal(codeOf(long.slice(0, 1024)), null)
  assert.equal(codeOf(`${long}${long}`.slice(0, 1025)), 'too-long')
  assert.equal(codeOf('abc\ud800 def ghi jkl'), 'malformed')
})

test('[asvs 6.2.4] the list holds at least 3,000 that the length rule would let pass', () => {
  assert.ok(new Set(listed).size >= 3000)
  for (const password of listed) assert.ok(Array.from(password).length >= 12, password)
})

test('[asvs 6.2.4] every password of the list is refused, in any case', () => {
  for (const password of listed) {
    assert.equal(codeOf(password), 'common', password)
    assert.equal(codeOf(password.toUpperCase()), 'common', password)
  }
  for (const known of [
    '1qaz2wsx3edc',
    'Qwerty123456',
    'LEAVEMEALONE',
    'ｑｗｅｒｔｙ１２３４５６',
  ]) {
    assert.equal(codeOf(known), 'common', known)
  }
})

test('[asvs 6.2.11] words of the person and the site do not make a password', () => {
  const context = ['Marguerite Duval', 'm.duval@press.example', 'Demijohn Press']
  for (const password of [
    'marguerite2026',
    'Marguerite Duval',
    'DuvalDuval12',
    'demijohn-press-1',
    'm.duval@press.example',
    '1234Demijohn!',
    'ＭＡＲＧＵＥＲＩＴＥ!!',
  ]) {
    assert.equal(codeOf(password, context), 'context', password)
  }
  assert.equal(codeOf('the press of seventeen olives', context), null)
  assert.equal(codeOf('savannah grows in wintertime', ['Anna']), null)
  assert.equal(codeOf('Marguerite2026x', ['Someone Else']), null)
})

test('repetitions and runs are refused', () => {
  for (const password of [
    'aaaaaaaaaaaa',
    'abababababab',
    'abcabcabcabc',
    'hunter1hunter1',
    'abcdefghijklmnop',
    'zyxwvutsrqponm',
    '0987654321098765',
    'qwertyuiopasdfghjkl',
    'aaaabbbbccccdddd',
    '1111222233334444',
    'ababab ababab',
  ]) {
    const code = codeOf(password)
    assert.ok(code === 'predictable' || code === 'common', `${password}: ${code}`)
  }
})

test('[asvs 6.2.5] there is no rule about kinds of characters', () => {
  for (const password of [
    'onlylowercaseletters and no digit',
    'SOLELY CAPITALS HERE',
    '830264719358203',
    '!?%&/()=+*~#-_.:',
    'пароль из семи слов',
    '              x  y z q',
    '静かな湖に月が映るよる',
  ]) {
    const code = codeOf(password)
    const short = Array.from(password.normalize('NFKC')).length < 12
    assert.equal(code, short ? 'too-short' : null, password)
  }
})

test('any text gets an answer, and the answer never repeats the password', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 1100 }), fc.string(), (password, word) => {
      const problem = checkNewPassword(password, { context: [word] })
      if (problem === null) return
      assert.ok(password.length < 12 || !problem.message.includes(password))
    }),
    { numRuns: 500 },
  )
})

test('random words of four are accepted', () => {
  const words = ['harbour', 'candle', 'tractor', 'violet', 'meadow', 'copper', 'walnut', 'signal']
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...words), { minLength: 4, maxLength: 4 }),
      (four) => {
        assert.equal(checkNewPassword(four.join(' '), nobody), null)
      },
    ),
  )
})
