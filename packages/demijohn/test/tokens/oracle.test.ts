/**
 * A second opinion: jose judges what our verifier judges. It never refuses what we take, and we
 * refuse what it takes only for the reasons that stand below.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  calculateJwkThumbprint,
  compactVerify,
  importJWK,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose'
import { issueAccessToken, verifyAccessToken } from '../../src/defences/tokens/accessToken.ts'
import { type Algorithm, algorithms } from '../../src/defences/tokens/algorithms.ts'
import { thumbprint } from '../../src/defences/tokens/jwk.ts'
import { verifyCompact } from '../../src/defences/tokens/jws.ts'
import { readKeySet } from '../../src/defences/tokens/keySet.ts'
import {
  audience,
  claims,
  encode,
  everyAlgorithm,
  expectedWith,
  generated,
  issuer,
  now,
  seconds,
  signingKey,
  signRaw,
} from '../../src/defences/tokens/keysFixture.ts'
import type { TokenProblem } from '../../src/defences/tokens/problems.ts'

type Verdict = 'accepted' | TokenProblem

function ours(text: string, algorithm: Algorithm): Verdict {
  const verdict = verifyAccessToken(text, expectedWith(signingKey(algorithm)))
  return verdict.ok ? 'accepted' : verdict.problem
}

const imported = new Map<Algorithm, Awaited<ReturnType<typeof importJWK>>>()
async function keyFor(algorithm: Algorithm) {
  const { publicJwk, privateJwk } = generated(algorithm)
  const known = imported.get(algorithm) ?? (await importJWK(publicJwk ?? privateJwk, algorithm))
  imported.set(algorithm, known)
  return known
}

/** Its refusals are thrown; whatever it throws is a refusal. */
async function judged(judge: () => Promise<unknown>): Promise<boolean> {
  try {
    await judge()
    return true
  } catch (error) {
    assert.ok(error instanceof Error)
    return false
  }
}

async function theirs(text: string, algorithm: Algorithm): Promise<boolean> {
  const key = await keyFor(algorithm)
  return judged(() =>
    jwtVerify(text, key, {
      ...{ issuer, audience, typ: 'at+jwt', currentDate: new Date(now) },
      algorithms: algorithm === 'EdDSA' ? ['EdDSA', 'Ed25519'] : [algorithm],
      requiredClaims: ['exp', 'iat', 'sub', 'jti', 'client_id'],
    }),
  )
}

/** Where we are stricter, and why that is right. A problem that is missing here both have to see. */
const stricter: Readonly<Partial<Record<TokenProblem, string>>> = {
  encoding: 'it decodes base64url with blanks and with bits after the last byte',
  header: 'it takes members that stand twice, and a kid that is no text',
  critical: 'it takes b64 that is true without crit, which says nothing',
  'embedded-key': 'it ignores keys that a header brings; we refuse who tries',
  'key-unknown': 'it was given the one key and looks at no kid',
  claims: 'it takes members that stand twice, and any depth',
  expiry: 'it takes dates beyond the year 9999, and infinite ones',
  'not-yet': 'it takes dates below zero',
  'issued-at': 'it looks at iat only where an age is asked for',
  'authenticated-at': 'auth_time is of RFC 9068, which it does not know',
  subject: 'it takes subjects that are empty, no text, or longer than 255',
  'token-id': 'it takes ids that are empty, no text, or longer than 255',
  client: 'client_id is of RFC 9068: it looks whether it is there',
  scope: 'scope is of RFC 6749, which it does not know',
  family: 'fam is a claim of our own',
  confirmation: 'cnf is of RFC 7800, which it does not know',
  audience: 'it takes a list of audiences with others than texts in it, and of any length',
}

async function agree(text: string, algorithm: Algorithm): Promise<Verdict> {
  const [own, their] = [ours(text, algorithm), await theirs(text, algorithm)]
  if (own === 'accepted') assert.ok(their, `taken by us alone: ${text}`)
  else if (their) assert.ok(stricter[own] !== undefined, `refused by us alone: ${own}: ${text}`)
  return own
}

for (const algorithm of everyAlgorithm) {
  test(`oracle: ${algorithm}: each takes the other's tokens`, async () => {
    const key = signingKey(algorithm)
    const facts = { issuer, audience, subject: 's', clientId: 'c', tokenId: 'j', family: 'f' }
    const times = { now, lifetimeSeconds: 300, authenticatedAt: now }
    const own = issueAccessToken({ ...facts, ...times, scopes: ['a'] }, key)
    assert.equal(await agree(own, algorithm), 'accepted')
    const signer = await importJWK(generated(algorithm).privateJwk, algorithm)
    const header = { alg: algorithm, typ: 'at+jwt', kid: key.kid }
    const theirToken = await new SignJWT(claims).setProtectedHeader(header).sign(signer)
    assert.equal(await agree(theirToken, algorithm), 'accepted')
  })

  test(`oracle: ${algorithm}: the thumbprint is the same`, async () => {
    const { publicJwk, privateJwk } = generated(algorithm)
    const jwk: JWK = publicJwk ?? privateJwk
    assert.equal(thumbprint(jwk), await calculateJwkThumbprint(jwk, 'sha256'))
  })
}

const someAlgorithms = ['EdDSA', 'ES256', 'RS256', 'PS256', 'HS256'] as const

test('oracle: tokens with characters changed, put in and taken out', async () => {
  let refused = 0
  const changed = fc.record({
    algorithm: fc.constantFrom(...someAlgorithms),
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    how: fc.constantFrom('replace', 'insert', 'remove', 'cut', 'double'),
    other: fc.constantFrom(...'AQgw_-+/=. \n%'.split('')),
  })
  await fc.assert(
    fc.asyncProperty(changed, async ({ algorithm, at, how, other }) => {
      const key = signingKey(algorithm)
      const text = signRaw({ alg: algorithm, typ: 'at+jwt', kid: key.kid }, claims, key)
      const index = Math.floor(at * text.length)
      const [before, after] = [text.slice(0, index), text.slice(index)]
      const spoiled = {
        replace: before + other + after.slice(1),
        insert: before + other + after,
        remove: before + after.slice(1),
        cut: before,
        double: text + other + text,
      }[how]
      if ((await agree(spoiled, algorithm)) !== 'accepted') refused += 1
    }),
    { numRuns: 1500 },
  )
  assert.ok(refused > 1000)
})

test('oracle: any header and any claims, signed as they are', async () => {
  const odd = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>(seconds, seconds + 1, seconds - 1, -1, 0, 1e300, issuer, audience),
    fc.constantFrom<unknown>([audience], [audience, 1], 'at+jwt', 'JWT', ['b64'], true, 'EdDSA'),
  )
  const members = fc.constantFrom('alg', 'kid', 'typ', 'crit', 'b64', 'jwk', 'jku', 'x5c', 'cty')
  const names = fc.constantFrom(...Object.keys(claims), 'nbf', 'cnf', 'sid')
  const made = fc.record({
    algorithm: fc.constantFrom('EdDSA', 'ES256', 'HS256'),
    head: fc.dictionary(members, odd, { maxKeys: 2 }),
    body: fc.dictionary(names, odd, { maxKeys: 3 }),
  })
  const counts = { accepted: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(made, async ({ algorithm, head, body }) => {
      const key = signingKey(algorithm as 'EdDSA' | 'ES256' | 'HS256')
      const header = { alg: algorithm, typ: 'at+jwt', kid: key.kid, ...head }
      const text = signRaw(header, { ...claims, ...body }, key)
      const verdict = await agree(text, key.algorithm)
      counts[verdict === 'accepted' ? 'accepted' : 'refused'] += 1
    }),
    { numRuns: 3000 },
  )
  assert.ok(counts.accepted > 50 && counts.refused > 1000, JSON.stringify(counts))
})

test('oracle: parts of tokens put together anew', async () => {
  const key = signingKey('ES256')
  const texts = [claims, { ...claims, exp: seconds + 999 }, 'x'].map((one) =>
    signRaw({ alg: 'ES256', typ: 'at+jwt', kid: key.kid }, one, key),
  )
  const parts = texts.flatMap((text) => text.split('.'))
  const pool = fc.constantFrom(...parts, '', encode({ alg: 'none' }))
  await fc.assert(
    fc.asyncProperty(fc.array(pool, { minLength: 1, maxLength: 5 }), async (some) => {
      await agree(some.join('.'), 'ES256')
    }),
    { numRuns: 500 },
  )
})

const file = new URL(
  '../../../../../shared/reference/corpora/jose-wycheproof/json_web_signature_test.json',
  import.meta.url,
)
const missing = existsSync(file) ? false : 'the outside corpora are not here'
const skip = process.env.CI === 'true' ? false : missing

test('oracle: over Wycheproof it takes four malformed texts more than we do, and no other', {
  skip,
}, async () => {
  type Group = {
    readonly public?: JWK
    readonly private: JWK
    readonly tests: readonly { readonly tcId: number; readonly jws: string }[]
  }
  const { testGroups }: { readonly testGroups: readonly Group[] } = JSON.parse(
    readFileSync(file, 'utf8'),
  )
  const [ourAlone, theirAlone]: [number[], number[]] = [[], []]
  for (const group of testGroups) {
    const jwk = group.public ?? group.private
    const set = readKeySet({ keys: [jwk] }, { allowed: algorithms })
    for (const { tcId, jws } of group.tests) {
      const own = set.ok && verifyCompact(jws, { keyOf: set.keyOf, typ: undefined }).ok
      const their = await judged(async () =>
        compactVerify(jws, await importJWK(jwk), { algorithms: [String(jwk.alg)] }),
      )
      if (own && !their) ourAlone.push(tcId)
      if (their && !own) theirAlone.push(tcId)
    }
  }
  assert.deepEqual(ourAlone, [])
  assert.deepEqual(theirAlone, [360, 365, 368, 375])
})
