/**
 * Works on a challenge: finds a counter for which SHA-256 of the challenge and the counter begins with
 * as many zero bits as the challenge says, then goes on with the answer in the query.
 *
 * SHA-256 is written out here (FIPS 180-4), because the browser's own answers through a promise, which
 * costs many times the hash, and is missing on plain HTTP. Nothing here is a secret, and nothing here
 * is trusted: the server judges the answer. It makes no markup of text, so it runs under Trusted Types.
 */

/** The first 32 bits of the fractional parts of roots of primes (FIPS 180-4 sections 4.2.2, 5.3.3). */
function fractions(root, count) {
  const found = []
  for (let candidate = 2; found.length < count; candidate += 1) {
    let isPrime = true
    for (let by = 2; by * by <= candidate; by += 1) if (candidate % by === 0) isPrime = false
    if (isPrime) found.push((candidate ** (1 / root) % 1) * 2 ** 32)
  }
  return Uint32Array.from(found, Math.floor)
}

const constants = fractions(3, 64)
const initial = fractions(2, 8)
const words = new Uint32Array(64)

/** The first 32 bits of SHA-256 of ASCII text shorter than 56 bytes past its last whole block. */
export function firstWord(text) {
  const blocks = Math.ceil((text.length + 9) / 64)
  const state = Uint32Array.from(initial)
  for (let block = 0; block < blocks; block += 1) {
    for (let at = 0; at < 16; at += 1) {
      let word = 0
      for (let byte = 0; byte < 4; byte += 1) {
        const place = block * 64 + at * 4 + byte
        const end = place === text.length ? 0x80 : 0
        word = (word << 8) | (place < text.length ? text.charCodeAt(place) : end)
      }
      words[at] = word
    }
    if (block === blocks - 1) words[15] = text.length * 8
    compress(state)
  }
  return state[0]
}

function compress(state) {
  for (let at = 16; at < 64; at += 1) {
    const before = words[at - 15]
    const last = words[at - 2]
    const small = turn(before, 7) ^ turn(before, 18) ^ (before >>> 3)
    words[at] =
      words[at - 16] + small + words[at - 7] + (turn(last, 17) ^ turn(last, 19) ^ (last >>> 10))
  }
  let [a, b, c, d, e, f, g, h] = state
  for (let at = 0; at < 64; at += 1) {
    const sum = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
    const one = (h + sum + ((e & f) ^ (~e & g)) + constants[at] + words[at]) | 0
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + one) | 0
    d = c
    c = b
    b = a
    a = (one + two) | 0
  }
  for (const [at, value] of [a, b, c, d, e, f, g, h].entries()) state[at] += value
}

function turn(word, by) {
  return (word >>> by) | (word << (32 - by))
}

/** Tries the next counters; the answer, or undefined where none of them is one. */
export function tryCounters(challenge, from, count) {
  const bits = Number(challenge.split('.')[1])
  for (let counter = from; counter < from + count; counter += 1) {
    const answer = `${challenge}.${counter.toString(36)}`
    if (Math.clz32(firstWord(answer)) >= bits) return answer
  }
  return undefined
}

const perTurn = 4_096

function work(place, challenge, from) {
  const answer = tryCounters(challenge, from, perTurn)
  if (answer === undefined) {
    // Once, for a screen reader reads out every change.
    if (from === 0) place.textContent = 'Your browser is working on it. This takes some seconds.'
    setTimeout(work, 0, place, challenge, from + perTurn)
    return
  }
  place.textContent = 'Done.'
  location.replace(`${place.dataset.target}${answer}`)
}

const place = globalThis.document?.querySelector('[data-challenge]')
if (place) work(place, place.dataset.challenge, 0)
