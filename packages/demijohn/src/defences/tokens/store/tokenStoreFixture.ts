/** Stores of tokens and of sessions over one database file, for the tests of this folder. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Kysely, KyselyPlugin } from 'kysely'
import { systemRandom } from '../../../core/bytes.ts'
import { manualClock } from '../../../core/clock.ts'
import { createId } from '../../../core/ids.ts'
import { seal, unseal } from '../../../core/seal.ts'
import { migrate } from '../../../data/migrations.ts'
import { createRevisedStore } from '../../../data/revision.ts'
import { openSqlite } from '../../../data/sqlite.ts'
import { demijohnMigrations } from '../../../data/tableMigrations.ts'
import type { DemijohnTables } from '../../../data/tables.ts'
import { sessionOptions } from '../../sessions/options.ts'
import { createSessionStore } from '../../sessions/store.ts'
import type { SessionStore } from '../../sessions/types.ts'
import { type TokenChoices, tokenOptions } from '../options.ts'
import type { TokenPrincipal, TokenProblem } from '../principal.ts'
import type { Sealing } from './keys.ts'
import { createTokenStore } from './store.ts'
import type { IssuedTokens, TokenAnswer, TokenStore } from './types.ts'

/** 2026-01-01T00:00:00Z. */
export const start = 1_767_225_600_000
export const network = '192.0.2.0'
export const issuer = 'https://press.example'
export const clients = { cli: { name: 'Press CLI', scopes: ['post:read', 'post:write'] } }

export type Process = {
  readonly db: Kysely<DemijohnTables>
  readonly tokens: TokenStore
  readonly sessions: SessionStore
  /** How many statements this process has sent so far. */
  readonly statements: () => number
  /** How many seals this process has opened so far. */
  readonly opened: () => number
}

export type TokenFixture = Process & {
  readonly clock: ReturnType<typeof manualClock>
  readonly alarms: string[]
  /** Another process on the same file, over connections and memory of its own. */
  readonly anotherProcess: (choices?: TokenChoices, keyring?: 'another keyring') => Process
  readonly sealed: Sealing
}

const keys = [systemRandom(32)]

function sealing(under: readonly Buffer[]): Sealing {
  return {
    seal: (purpose, id, text) => seal(under, systemRandom, { id: `${purpose} ${id}`, text }),
    unseal: (purpose, id, text) => unseal(under, { id: `${purpose} ${id}`, sealed: text }),
  }
}

export async function openTokens(
  context: TestContext,
  choices: TokenChoices = {},
): Promise<TokenFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'demijohn-tokens-'))
  const path = join(folder, 'test.sqlite')
  const closing: (() => Promise<void>)[] = []
  context.after(async () => {
    for (const close of closing) await close()
    rmSync(folder, { recursive: true })
  })
  const clock = manualClock(start)
  const alarms: string[] = []
  const process = (own: TokenChoices = choices, keyring?: 'another keyring'): Process => {
    const { db: bare, close } = openSqlite<DemijohnTables>({ path })
    closing.push(close)
    let statements = 0
    let opened = 0
    const sealed = sealing(keyring === undefined ? keys : [systemRandom(32)])
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => {
        statements += 1
        return node
      },
      transformResult: async ({ result }) => result,
    }
    const db = bare.withPlugin(plugin)
    const revised = createRevisedStore({ db, clock })
    const sessions = createSessionStore({
      ...{ db, clock, revised, options: sessionOptions() },
      formKeysOf: (id) => [Buffer.from(id, 'hex')],
    })
    const tokens = createTokenStore({
      ...{ db, clock, revised, issuer, codeKeys: keys },
      sealed: {
        ...sealed,
        unseal: (...sent) => {
          opened += 1
          return sealed.unseal(...sent)
        },
      },
      options: tokenOptions({ clients, ...own }),
      secondFactorRoles: new Set(['admin']),
      proofs: {
        isProven: ({ proof, boundTo }) => proof === `signed by ${boundTo}`,
        provenKey: ({ proof }) => proof,
      },
      alarm: async (_, { accountId, clientId }) => {
        alarms.push(`${accountId} ${clientId}`)
      },
    })
    return { db, sessions, tokens, statements: () => statements, opened: () => opened }
  }
  const first = process()
  await migrate(first.db, [demijohnMigrations], { clock })
  for (const id of ['alice', 'bob']) await addAccount(first.db, id)
  return { ...first, clock, alarms, anotherProcess: process, sealed: sealing(keys) }
}

async function addAccount(db: Kysely<DemijohnTables>, id: string): Promise<void> {
  const email = `${id}@press.example`
  const person = { id, name: id, email, emailKey: email, role: 'editor', createdAt: start }
  const blank = { passwordHash: null, suspendedAt: null, passwordChangedAt: null }
  await db
    .insertInto('demijohn_accounts')
    .values({ ...person, ...blank })
    .execute()
}

/** A session of the account, as somebody who has just signed in has it. */
export async function signIn({ sessions, db }: Process, accountId = 'alice'): Promise<string> {
  const { credentialRevision } = await db
    .selectFrom('demijohn_accounts')
    .select('credentialRevision')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow()
  const browser = { userAgent: 'Firefox', clientAddress: '192.0.2.1', credentialRevision }
  const issued = await sessions.create({ accountId, ...browser, methods: ['password'] })
  if (issued === null) throw new Error('nobody was signed in')
  return issued.session.id
}

/** A device code whose grant the person has approved. */
export async function approved(
  on: Process,
  { boundTo, accountId = 'alice' }: { boundTo?: string; accountId?: string } = {},
): Promise<string> {
  const sessionId = await signIn(on, accountId)
  const facts = { clientId: 'cli', scopes: clients.cli.scopes, boundTo, network }
  const begun = await on.tokens.beginGrant(facts)
  if (begun === null) throw new Error('no grant was begun')
  const claimed = await on.tokens.claimGrant(begun.userCode, accountId)
  if (claimed === null) throw new Error('the code was not known')
  const decision = { id: claimed.id, accountId, sessionId, decision: 'approved' } as const
  if (!(await on.tokens.decideGrant(decision))) throw new Error('the approval did not count')
  return begun.deviceCode
}

export function redeeming(token: string, boundTo?: string) {
  return { token, clientId: 'cli', boundTo, network }
}

export function requireIssued(answer: TokenAnswer): IssuedTokens {
  if (answer.kind !== 'issued') throw new Error(`no tokens: ${JSON.stringify(answer)}`)
  return answer
}

/** An app that the person has let in. */
export async function letIn(
  on: Process,
  how: { boundTo?: string; accountId?: string } = {},
): Promise<IssuedTokens> {
  const code = await approved(on, how)
  return requireIssued(await on.tokens.redeemGrant(redeeming(code, how.boundTo)))
}

/** A personal token, with its id. */
export async function scripted(
  on: Process,
  { days = 30, accountId = 'alice', name = createId(start) } = {},
): Promise<{ readonly text: string; readonly id: string }> {
  const sessionId = await signIn(on, accountId)
  const made = await on.tokens.makePersonal({
    ...{ accountId, sessionId, name, scopes: ['post:read'], days },
  })
  if (made.kind !== 'made') throw new Error(`no token: ${made.kind}`)
  return made
}

/** What a request with that token would be told. */
export function read(
  { tokens }: Process,
  clock: { readonly now: () => number },
  token: string,
  more: {
    readonly scheme?: string
    readonly proof?: string
    readonly requiresProof?: boolean
  } = {},
): ReturnType<TokenStore['read']> {
  const { scheme = 'Bearer', proof, requiresProof = false } = more
  const authorization = `${scheme} ${token}`
  const uri = `${issuer}/api/v1/posts`
  const now = clock.now()
  return tokens.read({ authorization, proof, method: 'GET', uri, now, requiresProof })
}

export function isPrincipal(answer: TokenPrincipal | TokenProblem): answer is TokenPrincipal {
  return typeof answer !== 'string'
}
