/**
 * Who reaches what: every route, asked by everybody, on every kind of object. The expected verdicts
 * are written here by hand, from what each role is for, and not read from the policies.
 *
 * page: shown. onward: led to another page. done: it happened. kept: answered, and nothing had to
 * change. again: the form is shown once more, with what is wrong. not-now: let in, and told why it
 * cannot be done. sign-in: has to sign in first. forbidden: may not. missing: does not learn that it
 * exists.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { TestReply } from 'demijohn/testing'
import {
  acceptable,
  type Dump,
  dump,
  fillIn,
  givePasskeys,
  look,
  navigation,
  nextAddress,
  openWorld,
  origin,
  paramsOf,
  type Seat,
  seats,
  sendForm,
  type World,
} from './world.ts'

// Objects: `editor` wrote the posts; comments are named after their author, `draft-…` stand on the
// draft; `self` is whoever asks; `other` is an editor who wrote nothing. Everybody has a passkey, the
// administrator an app as well, for whom production demands a factor; no test can answer for a passkey.
// A setup link is void where there is an administrator, as here.
const table = `
route                                          object        anonymous viewer    member    editor    other     admin
GET  /                                         -             page      page      page      page      page      page
GET  /.well-known/oauth-authorization-server   -             page      page      page      page      page      page
GET  /account                                  -             sign-in   page      page      page      page      page
GET  /account/delete                           -             sign-in   page      page      page      page      page
POST /account/delete                           -             sign-in   done      done      done      done      again
GET  /account/email                            -             sign-in   page      page      page      page      page
POST /account/email                            -             sign-in   done      done      done      done      done
GET  /account/export                           -             sign-in   page      page      page      page      page
POST /account/export                           -             sign-in   kept      kept      kept      kept      kept
GET  /account/factors                          -             sign-in   page      page      page      page      page
GET  /account/factors/passkeys                 -             sign-in   page      page      page      page      page
POST /account/factors/passkeys                 -             sign-in   again     again     again     again     again
GET  /account/factors/passkeys/:passkey        self          sign-in   page      page      page      page      page
GET  /account/factors/passkeys/:passkey        somebody      sign-in   missing   missing   missing   missing   missing
GET  /account/factors/passkeys/:passkey        gone          sign-in   missing   missing   missing   missing   missing
POST /account/factors/passkeys/:passkey        self          sign-in   done      done      done      done      done
POST /account/factors/passkeys/:passkey        somebody      sign-in   missing   missing   missing   missing   missing
POST /account/factors/passkeys/:passkey        gone          sign-in   missing   missing   missing   missing   missing
POST /account/factors/passkeys/:passkey/remove self          sign-in   done      done      done      done      done
POST /account/factors/passkeys/:passkey/remove somebody      sign-in   missing   missing   missing   missing   missing
POST /account/factors/passkeys/:passkey/remove gone          sign-in   missing   missing   missing   missing   missing
GET  /account/factors/recovery-codes           -             sign-in   page      page      page      page      page
POST /account/factors/recovery-codes           -             sign-in   done      done      done      done      done
GET  /account/factors/totp                     -             sign-in   onward    onward    onward    onward    onward
POST /account/factors/totp                     -             sign-in   kept      kept      kept      kept      kept
POST /account/factors/totp/new                 -             sign-in   done      done      done      done      done
GET  /account/factors/totp/remove              -             sign-in   onward    onward    onward    onward    page
POST /account/factors/totp/remove              -             sign-in   kept      kept      kept      kept      done
GET  /account/password                         -             sign-in   page      page      page      page      page
POST /account/password                         -             sign-in   done      done      done      done      done
GET  /account/sessions                         -             sign-in   page      page      page      page      page
POST /account/sessions/end                     -             sign-in   kept      kept      kept      kept      kept
POST /account/sessions/everywhere              -             sign-in   done      done      done      done      done
POST /account/sessions/others                  -             sign-in   done      done      done      done      done
GET  /account/tokens                           -             sign-in   page      page      page      page      page
GET  /account/tokens/new                       -             sign-in   page      page      page      page      page
POST /account/tokens/new                       -             sign-in   done      done      done      done      done
POST /account/tokens/revoke                    -             sign-in   kept      kept      kept      kept      kept
POST /account/tokens/revoke-all                -             sign-in   done      done      done      done      done
GET  /admin                                    -             sign-in   forbidden forbidden forbidden forbidden onward
GET  /admin/comments                           -             sign-in   forbidden forbidden forbidden forbidden page
GET  /admin/people                             -             sign-in   forbidden forbidden forbidden forbidden page
GET  /admin/people/:personId/delete            somebody      sign-in   forbidden forbidden forbidden forbidden page
GET  /admin/people/:personId/delete            self          sign-in   forbidden forbidden forbidden forbidden page
GET  /admin/people/:personId/delete            gone          sign-in   forbidden forbidden forbidden forbidden missing
POST /admin/people/:personId/delete            somebody      sign-in   forbidden forbidden forbidden forbidden done
POST /admin/people/:personId/delete            suspended     sign-in   forbidden forbidden forbidden forbidden done
POST /admin/people/:personId/delete            self          sign-in   forbidden forbidden forbidden forbidden kept
POST /admin/people/:personId/delete            gone          sign-in   forbidden forbidden forbidden forbidden missing
POST /admin/people/:personId/link              somebody      sign-in   forbidden forbidden forbidden forbidden done
POST /admin/people/:personId/link              self          sign-in   forbidden forbidden forbidden forbidden kept
POST /admin/people/:personId/link              gone          sign-in   forbidden forbidden forbidden forbidden missing
POST /admin/people/:personId/restore           suspended     sign-in   forbidden forbidden forbidden forbidden done
POST /admin/people/:personId/restore           somebody      sign-in   forbidden forbidden forbidden forbidden kept
POST /admin/people/:personId/restore           gone          sign-in   forbidden forbidden forbidden forbidden missing
POST /admin/people/:personId/role              somebody      sign-in   forbidden forbidden forbidden forbidden done
POST /admin/people/:personId/role              self          sign-in   forbidden forbidden forbidden forbidden kept
POST /admin/people/:personId/role              gone          sign-in   forbidden forbidden forbidden forbidden missing
GET  /admin/people/:personId/suspend           somebody      sign-in   forbidden forbidden forbidden forbidden page
GET  /admin/people/:personId/suspend           suspended     sign-in   forbidden forbidden forbidden forbidden page
GET  /admin/people/:personId/suspend           self          sign-in   forbidden forbidden forbidden forbidden page
GET  /admin/people/:personId/suspend           gone          sign-in   forbidden forbidden forbidden forbidden missing
POST /admin/people/:personId/suspend           somebody      sign-in   forbidden forbidden forbidden forbidden done
POST /admin/people/:personId/suspend           suspended     sign-in   forbidden forbidden forbidden forbidden kept
POST /admin/people/:personId/suspend           self          sign-in   forbidden forbidden forbidden forbidden kept
POST /admin/people/:personId/suspend           gone          sign-in   forbidden forbidden forbidden forbidden missing
GET  /admin/people/new                         -             sign-in   forbidden forbidden forbidden forbidden page
POST /admin/people/new                         -             sign-in   forbidden forbidden forbidden forbidden done
GET  /admin/posts                              -             sign-in   forbidden forbidden forbidden forbidden page
GET  /api/v1/docs                              -             page      page      page      page      page      page
GET  /api/v1/openapi.json                      -             page      page      page      page      page      page
GET  /apple-touch-icon.png                     -             page      page      page      page      page      page
POST /comments/:commentId/delete               by-member     sign-in   forbidden done      forbidden forbidden done
POST /comments/:commentId/delete               by-editor     sign-in   forbidden forbidden done      forbidden done
POST /comments/:commentId/delete               draft-member  sign-in   forbidden missing   forbidden missing   done
POST /comments/:commentId/delete               draft-editor  sign-in   forbidden missing   done      missing   done
POST /comments/:commentId/delete               gone          sign-in   forbidden missing   missing   missing   missing
POST /csp-reports                              -             kept      kept      kept      kept      kept      kept
GET  /device                                   -             sign-in   page      page      page      page      page
POST /device                                   -             sign-in   done      done      done      done      done
GET  /device/:grantId                          self          sign-in   page      page      page      page      page
GET  /device/:grantId                          somebody-else sign-in   onward    onward    onward    onward    onward
GET  /device/:grantId                          gone          sign-in   onward    onward    onward    onward    onward
POST /device/:grantId/approve                  self          sign-in   done      done      done      done      done
POST /device/:grantId/approve                  somebody-else sign-in   missing   missing   missing   missing   missing
POST /device/:grantId/approve                  gone          sign-in   missing   missing   missing   missing   missing
POST /device/:grantId/deny                     self          sign-in   done      done      done      done      done
POST /device/:grantId/deny                     somebody-else sign-in   missing   missing   missing   missing   missing
POST /device/:grantId/deny                     gone          sign-in   missing   missing   missing   missing   missing
GET  /email/confirm/:secret                    email-confirm page      page      page      page      page      page
GET  /email/confirm/:secret                    setup         missing   missing   missing   missing   missing   missing
GET  /email/confirm/:secret                    gone          missing   missing   missing   missing   missing   missing
POST /email/confirm/:secret                    email-confirm done      done      done      done      done      done
POST /email/confirm/:secret                    setup         missing   missing   missing   missing   missing   missing
POST /email/confirm/:secret                    gone          missing   missing   missing   missing   missing   missing
GET  /email/undo/:secret                       email-undo    page      page      page      page      page      page
GET  /email/undo/:secret                       setup         missing   missing   missing   missing   missing   missing
GET  /email/undo/:secret                       gone          missing   missing   missing   missing   missing   missing
POST /email/undo/:secret                       email-undo    done      done      done      done      done      done
POST /email/undo/:secret                       setup         missing   missing   missing   missing   missing   missing
POST /email/undo/:secret                       gone          missing   missing   missing   missing   missing   missing
GET  /favicon.ico                              -             page      page      page      page      page      page
GET  /feed.xml                                 -             page      page      page      page      page      page
GET  /health                                   -             page      page      page      page      page      page
GET  /invitation/:secret                       invitation    page      not-now   not-now   not-now   not-now   not-now
GET  /invitation/:secret                       setup         missing   missing   missing   missing   missing   missing
GET  /invitation/:secret                       gone          missing   missing   missing   missing   missing   missing
POST /invitation/:secret                       invitation    done      not-now   not-now   not-now   not-now   not-now
POST /invitation/:secret                       setup         missing   missing   missing   missing   missing   missing
POST /invitation/:secret                       gone          missing   missing   missing   missing   missing   missing
GET  /login                                    -             page      onward    onward    onward    onward    onward
POST /login                                    -             done      done      done      done      done      done
GET  /login/confirm                            -             sign-in   page      page      page      page      page
POST /login/confirm                            -             sign-in   again     again     again     again     again
GET  /login/confirm/passkey                    -             sign-in   page      page      page      page      page
POST /login/confirm/passkey                    -             sign-in   again     again     again     again     again
GET  /login/passkey                            -             page      page      page      page      page      page
POST /login/passkey                            -             again     again     again     again     again     again
GET  /login/second-factor                      -             sign-in   onward    onward    onward    onward    onward
POST /login/second-factor                      -             sign-in   kept      kept      kept      kept      kept
GET  /login/second-factor/passkey              -             sign-in   onward    onward    onward    onward    onward
POST /login/second-factor/passkey              -             sign-in   kept      kept      kept      kept      kept
POST /logout                                   -             kept      done      done      done      done      done
GET  /oauth/jwks.json                          -             page      page      page      page      page      page
GET  /people/:personId                         somebody      page      page      page      page      page      page
GET  /people/:personId                         suspended     page      page      page      page      page      page
GET  /people/:personId                         gone          missing   missing   missing   missing   missing   missing
GET  /posts/:postId                            published     page      page      page      page      page      page
GET  /posts/:postId                            draft         missing   missing   missing   page      missing   page
GET  /posts/:postId                            gone          missing   missing   missing   missing   missing   missing
GET  /posts/:postId/comments                   published     sign-in   forbidden page      page      page      page
GET  /posts/:postId/comments                   draft         sign-in   forbidden missing   page      missing   page
GET  /posts/:postId/comments                   gone          sign-in   forbidden missing   missing   missing   missing
POST /posts/:postId/comments                   published     sign-in   forbidden done      done      done      done
POST /posts/:postId/comments                   draft         sign-in   forbidden missing   done      missing   done
POST /posts/:postId/comments                   gone          sign-in   forbidden missing   missing   missing   missing
GET  /posts/:postId/delete                     published     sign-in   forbidden forbidden page      forbidden page
GET  /posts/:postId/delete                     draft         sign-in   forbidden forbidden page      missing   page
GET  /posts/:postId/delete                     gone          sign-in   forbidden forbidden missing   missing   missing
POST /posts/:postId/delete                     published     sign-in   forbidden forbidden done      forbidden done
POST /posts/:postId/delete                     draft         sign-in   forbidden forbidden done      missing   done
POST /posts/:postId/delete                     gone          sign-in   forbidden forbidden missing   missing   missing
GET  /posts/:postId/edit                       published     sign-in   forbidden forbidden page      forbidden page
GET  /posts/:postId/edit                       draft         sign-in   forbidden forbidden page      missing   page
GET  /posts/:postId/edit                       gone          sign-in   forbidden forbidden missing   missing   missing
POST /posts/:postId/edit                       published     sign-in   forbidden forbidden done      forbidden done
POST /posts/:postId/edit                       draft         sign-in   forbidden forbidden done      missing   done
POST /posts/:postId/edit                       gone          sign-in   forbidden forbidden missing   missing   missing
GET  /posts/mine                               -             sign-in   forbidden forbidden page      page      page
GET  /posts/new                                -             sign-in   forbidden forbidden page      page      page
POST /posts/new                                -             sign-in   forbidden forbidden done      done      done
GET  /register                                 -             page      page      page      page      page      page
POST /register                                 -             done      done      done      done      done      done
GET  /reset                                    -             page      page      page      page      page      page
POST /reset                                    -             done      done      done      done      done      done
GET  /reset/:secret                            reset         page      page      page      page      page      page
GET  /reset/:secret                            setup         missing   missing   missing   missing   missing   missing
GET  /reset/:secret                            gone          missing   missing   missing   missing   missing   missing
POST /reset/:secret                            reset         done      done      done      done      done      done
POST /reset/:secret                            setup         missing   missing   missing   missing   missing   missing
POST /reset/:secret                            gone          missing   missing   missing   missing   missing   missing
GET  /robots.txt                               -             page      page      page      page      page      page
GET  /search                                   -             page      page      page      page      page      page
GET  /settings                                 -             sign-in   page      page      page      page      page
POST /settings                                 -             sign-in   done      done      done      done      done
GET  /setup/:secret                            setup         missing   missing   missing   missing   missing   missing
GET  /setup/:secret                            welcome       missing   missing   missing   missing   missing   missing
GET  /setup/:secret                            gone          missing   missing   missing   missing   missing   missing
POST /setup/:secret                            setup         missing   missing   missing   missing   missing   missing
POST /setup/:secret                            welcome       missing   missing   missing   missing   missing   missing
POST /setup/:secret                            gone          missing   missing   missing   missing   missing   missing
GET  /static/:folder/:name                     font          page      page      page      page      page      page
GET  /static/:folder/:name                     gone          missing   missing   missing   missing   missing   missing
GET  /static/:name                             stylesheet    page      page      page      page      page      page
GET  /static/:name                             gone          missing   missing   missing   missing   missing   missing
GET  /verify/:secret                           registration  page      not-now   not-now   not-now   not-now   not-now
GET  /verify/:secret                           setup         missing   missing   missing   missing   missing   missing
GET  /verify/:secret                           gone          missing   missing   missing   missing   missing   missing
POST /verify/:secret                           registration  done      not-now   not-now   not-now   not-now   not-now
POST /verify/:secret                           setup         missing   missing   missing   missing   missing   missing
POST /verify/:secret                           gone          missing   missing   missing   missing   missing   missing
GET  /welcome/:secret                          welcome       page      page      page      page      page      page
GET  /welcome/:secret                          setup         missing   missing   missing   missing   missing   missing
GET  /welcome/:secret                          gone          missing   missing   missing   missing   missing   missing
POST /welcome/:secret                          welcome       done      done      done      done      done      done
POST /welcome/:secret                          setup         missing   missing   missing   missing   missing   missing
POST /welcome/:secret                          gone          missing   missing   missing   missing   missing   missing
`

type Expected = {
  readonly route: string
  readonly method: string
  readonly path: string
  readonly object: string
  readonly verdicts: Readonly<Record<Seat, string>>
}

const [headings = '', ...lines] = table.trim().split('\n')
const rows = lines.map((line): Expected => {
  const [method = '', path = '', object = '', ...words] = line.split(/\s+/)
  const [anonymous = '', viewer = '', member = '', editor = '', other = '', admin = ''] = words
  assert.equal(words.length, seats.length, line)
  const verdicts = { anonymous, viewer, member, editor, other, admin }
  return { route: `${method} ${path}`, method, path, object, verdicts }
})
assert.deepEqual(headings.split(/\s+/), ['route', 'object', ...seats])

// Opened anew after whatever changed something, so that no probe stands on another.
let world: World = await openTable()
let before: Dump = await dump(world.site)
/** What programs ask for has a table of its own: see apiMatrix.test.ts. */
const routesOfPages = world.site.app.routes().filter(({ credential }) => credential !== 'bearer')
after(() => world.site.close())

async function openTable(): Promise<World> {
  const opened = await openWorld()
  await givePasskeys(opened)
  return opened
}

async function startAnew(): Promise<void> {
  await world.site.close()
  world = await openTable()
  before = await dump(world.site)
}

function ask({ route, method, path, object }: Expected, seat: Seat): Promise<TestReply> {
  const client = world.clients[seat]
  const target = fillIn(path, paramsOf(world, object, seat))
  if (method === 'GET') return look(client, target)
  if (path !== '/csp-reports') return sendForm(client, target, acceptable(world, route, seat))
  const headers = { ...navigation, 'content-type': 'application/csp-report' }
  return client.send({ method, target, headers, peerAddress: nextAddress(), body: report })
}

const report = JSON.stringify({
  'csp-report': { 'document-uri': `${origin}/`, 'effective-directive': 'script-src' },
})

function verdictOf(method: string, reply: TestReply, hasChanged: boolean): string {
  const { status, location = '' } = reply
  if (status === 404) return 'missing'
  if (status === 403) return reply.text.includes('misprint') ? 'forbidden' : 'not-now'
  if (status === 401) return method === 'POST' ? 'sign-in' : 'wrongly 401'
  if (method === 'GET' && location.startsWith('/login')) return 'sign-in'
  if (method === 'GET') return status === 200 ? 'page' : status === 303 ? 'onward' : String(status)
  if (status === 422) return 'again'
  if (![200, 201, 204, 303].includes(status)) return String(status)
  return hasChanged ? 'done' : 'kept'
}

for (const row of rows) {
  test(`[asvs 8.2.1] [asvs 8.2.2] ${row.route} on ${row.object}`, async () => {
    for (const seat of seats) {
      const reply = await ask(row, seat)
      const was = before
      const now = await dump(world.site)
      const hasChanged = JSON.stringify(now) !== JSON.stringify(was)
      if (hasChanged) await startAnew()
      const verdict = verdictOf(row.method, reply, hasChanged)
      assert.equal(verdict, row.verdicts[seat], `${row.route} on ${row.object}: ${seat}`)
      if (verdict !== 'done') assert.deepEqual(now, was, `${seat} is refused, and changed it`)
    }
  })
}

test('[asvs 8.1.1] the table names every route, and none that is not there', () => {
  const there = routesOfPages.map(({ route }) => route)
  assert.ok(there.length > 40)
  assert.deepEqual([...new Set(rows.map(({ route }) => route))].sort(), [...there].sort())
})

test('[asvs 8.1.1] every object of a route is asked for: one that is there, one that is not', () => {
  for (const { route, path } of routesOfPages) {
    const objects = rows.filter((row) => row.route === route).map(({ object }) => object)
    assert.equal(new Set(objects).size, objects.length, `${route} has a row twice`)
    if (path.includes(':')) assert.ok(objects.includes('gone') && objects.length > 1, route)
  }
})

test('[asvs 8.1.1] what routes() says of each role is what the table says', () => {
  for (const { route, verdicts } of routesOfPages) {
    // Open to all, and void where there is an administrator: arrival is a journey in a browser.
    if (route.endsWith(' /setup/:secret')) continue
    for (const [role, said] of Object.entries(verdicts)) {
      const asked = seats.filter((seat) => seat === role || (seat === 'other' && role === 'editor'))
      const found = rows
        .filter((row) => row.route === route)
        .flatMap((row) => asked.map((seat) => row.verdicts[seat]))
      const refused = found.filter((verdict) => verdict === 'forbidden' || verdict === 'sign-in')
      const entered = found.filter((verdict) =>
        /^(page|onward|done|kept|again|not-now)$/.test(verdict),
      )
      const where = `${route} ${role}: ${said}`
      if (said === 'allowed') assert.ok(refused.length === 0 && entered.length > 0, where)
      else if (said === 'own') assert.ok(refused.length > 0 && entered.length > 0, where)
      else {
        const word = said === 'refused' ? 'forbidden' : said
        assert.ok(
          found.every((verdict) => verdict === word),
          where,
        )
      }
    }
  }
})

// That the bytes of the page stay away is the server's doing, on a socket: see restart.test.ts.
test('[asvs 8.3.1] HEAD has the verdict and the place to go of GET, and changes nothing', async () => {
  const pages = rows.filter(({ method }) => method === 'GET')
  assert.ok(pages.length > 20)
  for (const { route, path, object, verdicts } of pages) {
    for (const seat of seats) {
      const target = fillIn(path, paramsOf(world, object, seat))
      const reply = await look(world.clients[seat], target, 'HEAD')
      const where = `HEAD for ${route} on ${object}: ${seat}`
      assert.equal(verdictOf('GET', reply, false), verdicts[seat], where)
      assert.equal(reply.location, (await look(world.clients[seat], target)).location, where)
    }
  }
  assert.deepEqual(await dump(world.site), before)
})

test('[asvs 13.4.4] methods that a path does not have are refused for everybody', async () => {
  const methodsOf = Map.groupBy(routesOfPages, ({ path }) => path)
  for (const [path, routes] of methodsOf) {
    const has = routes.map(({ method }) => method).sort()
    const others = ['GET', 'POST'].filter((method) => !has.includes(method))
    const allow = has.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    const row = rows.find((one) => one.path === path)
    for (const method of ['OPTIONS', 'PUT', 'PATCH', 'DELETE', ...others]) {
      for (const seat of seats) {
        const target = fillIn(path, paramsOf(world, row?.object ?? 'gone', seat))
        const reply = await look(world.clients[seat], target, method)
        assert.equal(reply.status, 405, `${method} ${path}: ${seat}`)
        assert.deepEqual(reply.header('allow')?.split(', '), allow, `${method} ${path}`)
      }
    }
  }
  assert.deepEqual(await dump(world.site), before)
})
