/** The project of projectFixture.ts as it runs for people, in this process, on a file of a place. */
import type { TestContext } from 'node:test'
import { sha256Hex } from '../../src/core/bytes.ts'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import { openSqlite } from '../../src/data/sqlite.ts'
import type { DemijohnTables } from '../../src/data/tables.ts'
import { createApplication, type Project } from '../../src/serve/application.ts'
import { type TestClient, testClient } from '../../src/testing/client.ts'
import { createLog } from '../../src/watch/log.ts'
import type { Place } from './processFixture.ts'
import { project as usual } from './projectFixture.ts'

export const origin = 'https://flask.example'

export type Site = { readonly visitor: () => TestClient }

export function openSite(
  t: TestContext,
  { database }: Place,
  { project = usual, clock = systemClock }: { project?: Project; clock?: Clock } = {},
): Site {
  const { db, close } = openSqlite<DemijohnTables>({ path: database })
  t.after(close)
  const app = createApplication(project, {
    db,
    clock,
    log: createLog({ clock, stream: { write: () => undefined } }),
    origin,
    subkeys: (purpose) => [Buffer.from(sha256Hex(`key of ${purpose}`), 'hex')],
  })
  return { visitor: () => testClient(app.handle, { origin }) }
}

export async function signIn(site: Site, email: string, password: string): Promise<TestClient> {
  const client = site.visitor()
  await client.post('/login', { email, password })
  return client
}
