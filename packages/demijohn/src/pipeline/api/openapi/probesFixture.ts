/** Requests that a route has to refuse, made of one that it takes: over every way to be wrong. */
import { noteId } from './openapiFixture.ts'
import type { Operation } from './operation.ts'
import { type Sent, tokens } from './siteFixture.ts'

export type Probe = readonly [name: string, sent: Sent]

export function probesOf(good: Sent, operation: Operation): readonly Probe[] {
  return [
    ...tokenProbes(good),
    ...addressProbes(good, operation),
    ...headerProbes(good),
    ...(good.method === 'GET' ? [] : bodyProbes(good)),
  ]
}

function withHeaders(good: Sent, changed: Readonly<Record<string, string | undefined>>): Sent {
  const headers = Object.entries({ ...good.headers, ...changed }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  )
  return { ...good, headers: Object.fromEntries(headers) }
}

function tokenProbes(good: Sent): readonly Probe[] {
  const all = [undefined, 'Bearer x', 'Bearer', 'Basic YTpi', ...Object.values(tokens)]
  return all.map((authorization) => [
    `token ${authorization ?? 'missing'}`,
    withHeaders(good, { authorization }),
  ])
}

function addressProbes(good: Sent, { parameters }: Operation): readonly Probe[] {
  const queries = [
    ...['nope=1', 'a=1&a=2', 'a=%FF', 'a=%00', '__proto__=1', `a=${'x'.repeat(2_049)}`],
    ...[Array.from({ length: 33 }, (_, at) => `a${at}=1`).join('&'), 'x'.repeat(9_000)],
    ...parameters.filter((one) => one.in === 'query').map(({ name }) => `${name}=~~`),
  ]
  const ids = ['1', '019b7ddc-2a00-7000-8000-00000000000f', 'x'.repeat(100)]
  return [
    ...queries.map(
      (query): Probe => [
        `query ${query.slice(0, 20)}`,
        { ...good, target: `${good.target}?${query}` },
      ],
    ),
    ...ids.map(
      (id): Probe => [
        `id ${id.slice(0, 20)}`,
        { ...good, target: good.target.replace(noteId, id) },
      ],
    ),
  ]
}

function headerProbes(good: Sent): readonly Probe[] {
  const changes = [
    { host: 'evil.example' },
    { expect: 'something' },
    { origin: 'https://evil.example' },
    { 'if-match': undefined },
    { 'if-match': '"old"' },
    { 'if-match': 'x' },
    { 'if-none-match': 'x' },
    { 'if-none-match': '*' },
    { 'idempotency-key': undefined },
    { 'idempotency-key': 'a b' },
    { 'content-length': '1, 2' },
    { 'x-bad': 'a\u0007' },
    { accept: 'text/html' },
  ]
  return [
    ['version', { ...good, httpVersion: '1.0' }],
    ...changes.map((changed): Probe => [JSON.stringify(changed), withHeaders(good, changed)]),
  ]
}

function bodyProbes(good: Sent): readonly Probe[] {
  const bodies = [
    ...['', '{', '{}', '[]', 'null', '"text"', '1', '{"a":1,"a":2}', '{"__proto__":{}}'],
    ...['{"title":"taken","words":1,"tags":[],"source":null}', '\ufeff{}', '{"a":"\\ud800"}'],
    ...[`{"title":"${'x'.repeat(300_000)}"}`, '['.repeat(40)],
  ]
  const types = ['text/plain', 'application/x-www-form-urlencoded', 'application/json;charset=x']
  return [
    ...bodies.map((body, at): Probe => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': `probe-${at}` }
      return [`body ${body.slice(0, 20)}`, { ...withHeaders(good, headers), body }]
    }),
    // The key has been used by then, with the body that is taken.
    ['another body', { ...good, body: '{"title":"other","words":1,"tags":[],"source":null}' }],
    ...types.map(
      (type): Probe => [
        `type ${type}`,
        { ...withHeaders(good, { 'content-type': type }), body: good.body ?? '{}' },
      ],
    ),
  ]
}
