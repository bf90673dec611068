/**
 * Links in mails begin with the configured origin, whatever a request says about its host (the gap:
 * any Host is accepted and printed in mail links). Over a real socket, byte for byte, from a peer that
 * is trusted to forward and from one that is not.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { manualClock } from '../../src/core/clock.ts'
import { migrate } from '../../src/data/migrations.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { createApplication, migrationSets } from '../../src/serve/application.ts'
import { listen } from '../../src/serve/listen.ts'
import { findForms } from '../../src/testing/forms.ts'
import { createLog } from '../../src/watch/log.ts'
import { parseNetworks } from '../../src/web/client.ts'
import { register } from './fixture.ts'
import { linkProject } from './linksFixture.ts'

const evil = 'evil.example'

async function openOnWire(t: TestContext, trusted: readonly string[]) {
  const { db, close } = openSqlite<DemijohnTables>({ path: ':memory:' })
  const clock = manualClock(Date.UTC(2026, 0, 1))
  const project = linkProject()
  await migrate(db, migrationSets(project), { clock })
  const log = createLog({ clock, stream: { write: () => undefined } })
  const app = createApplication(project, {
    ...{ db, clock, log, origin: 'https://site.example' },
    subkeys: () => [Buffer.alloc(32, 9)],
    trustedProxies: parseNetworks(trusted),
  })
  const listening = await listen(app, { host: '127.0.0.1', port: 0, stopWithinMilliseconds: 200 })
  t.after(async () => {
    await listening.stop()
    await close()
  })
  await register({ db, clock }, { email: 'ann@site.example' })
  return { app, clock, port: listening.address.port }
}

/** One request on a connection of its own, and all that came back. */
function exchange(port: number, head: readonly string[], body = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(received)).on('error', reject)
    socket.setTimeout(3_000, () => socket.destroy())
    const lines = [...head, 'Connection: close', `Content-Length: ${body.length}`]
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  })
}

const own = 'Host: site.example'
/** What a request may say about where it was sent, in every header that anything reads it from. */
const variants: readonly { readonly target?: string; readonly headers: readonly string[] }[] = [
  { headers: [own] },
  ...[
    evil,
    `${evil}:443`,
    `site.example.${evil}`,
    `site.example@${evil}`,
    `site.example:${evil}`,
    `site.example#@${evil}`,
    `${evil}/site.example`,
    'SITE.EXAMPLE',
    'site.example.',
    'site.example:8443',
    'localhost',
    '127.0.0.1',
    '[::1]',
    '',
  ].map((host) => ({ headers: [`Host: ${host}`] })),
  { headers: [own, `Host: ${evil}`] },
  { headers: [`Host: ${evil}`, own] },
  { headers: [own, ` Host: ${evil}`] },
  ...[
    'X-Forwarded-Host',
    'X-Forwarded-Server',
    'X-Host',
    'X-Original-Host',
    'X-HTTP-Host-Override',
    'X-Rewrite-URL',
    'X-Original-URL',
    'X-Forwarded-Prefix',
    'X-Forwarded-Port',
    'X-Forwarded-Proto',
    'X-Forwarded-Scheme',
    'CF-Connecting-Host',
    'Referer',
    'Via',
  ].map((name) => ({
    headers: [own, `${name}: ${name === 'Referer' ? `https://${evil}/` : evil}`],
  })),
  ...[
    `host=${evil}`,
    `for=192.0.2.1;host=${evil};proto=http`,
    `for=192.0.2.1;host="${evil}:443"`,
    `host=${evil}, host=site.example`,
  ].map((value) => ({ headers: [own, `Forwarded: ${value}`] })),
  { headers: [own, `X-Forwarded-For: 192.0.2.9`, `X-Forwarded-Host: ${evil}`] },
  { headers: [own, `X-Forwarded-Host: site.example, ${evil}`] },
  { target: `https://${evil}`, headers: [own] },
  { target: `http://${evil}`, headers: [`Host: ${evil}`] },
  { target: 'https://site.example', headers: [`Host: ${evil}`] },
  { target: `//${evil}`, headers: [own] },
]

const doors = [
  { path: '/reset', to: 'ann@site.example' },
  { path: '/register', to: 'ann@site.example' },
  { path: '/register', to: 'new@reader.example' },
]

for (const trusted of [[], ['127.0.0.1']]) {
  const name = trusted.length === 0 ? 'nobody is trusted' : 'the peer is a trusted proxy'
  test(`mail: no header of a request changes where a link leads, ${name}`, async (t) => {
    const { app, clock, port } = await openOnWire(t, trusted)
    let answered = 0
    for (const { target = '', headers } of variants) {
      for (const { path, to } of doors) {
        clock.advance(3_600_000)
        // The page itself is fetched as it should be, so that the form alone is under test.
        const page = await exchange(port, [`GET ${path} HTTP/1.1`, own])
        const cookies = [...page.matchAll(/^set-cookie: ([^;]+)/gim)].map((found) => found[1])
        const formToken = findForms(page, path)[0]?.values.get('formToken') ?? ''
        const reply = await exchange(
          port,
          [
            `POST ${target}${path} HTTP/1.1`,
            ...headers,
            'Origin: https://site.example',
            'Content-Type: application/x-www-form-urlencoded',
            `Cookie: ${cookies.join('; ')}`,
          ],
          new URLSearchParams({ formToken, email: to }).toString(),
        )
        if (/^HTTP\/1\.1 200 /.test(reply)) answered += 1
        assert.ok(!reply.includes(evil), `${headers.join(' | ')}: ${reply}`)
      }
    }
    const mails = (await app.mails?.list(10_000)) ?? []
    assert.equal(mails.length, answered)
    // The plain request is among them, and those whose only oddity is a header that nobody reads.
    assert.ok(answered >= 15 * doors.length, String(answered))
    for (const { body } of mails) {
      const links = [...`${body?.text} ${body?.html}`.matchAll(/[a-z]+:\/\/[^/\s"<]*/gi)]
      assert.ok(links.length >= 2)
      for (const [link] of links) assert.equal(link, 'https://site.example')
      assert.doesNotMatch(`${body?.text} ${body?.html}`, /evil|localhost|127\.0|8443|::1/i)
    }
  })
}
