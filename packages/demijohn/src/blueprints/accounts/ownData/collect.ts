/**
 * What the library keeps of a person, for the person to have.
 *
 * Every column is named here, so that a new one is not given out by itself: no secret, no hash of
 * one, nothing that is sealed, and no key of a session, a device or a passkey (ASVS 14.2.6). Of each
 * list the newest are given, up to a bound, and beside it how many there are.
 */
import type { DemijohnTables } from '../../../data/tables.ts'
import type { Reader } from '../../../pipeline/route.ts'

type Db = Reader<DemijohnTables>

/** Of one list. People have a handful; whoever has made more has them counted. */
const maxRows = 1_000

type Row = Readonly<Record<string, string | number | null>>

/** UTC milliseconds become ISO 8601; `…At` is how every such column is named. */
function readable(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      name.endsWith('At') && typeof value === 'number' ? new Date(value).toISOString() : value,
    ]),
  )
}

function listed(rows: readonly Row[]): {
  readonly complete: boolean
  readonly rows: readonly Row[]
} {
  return { complete: rows.length <= maxRows, rows: rows.slice(0, maxRows).map(readable) }
}

/** null: the account was deleted meanwhile. */
export async function collectAccount(db: Db, accountId: string) {
  const account = await db
    .selectFrom('demijohn_accounts')
    .select(['id', 'email', 'name', 'role', 'createdAt', 'passwordChangedAt', 'emailVerifiedAt'])
    .where('id', '=', accountId)
    .executeTakeFirst()
  if (account === undefined) return null
  return {
    account: readable(account),
    sessions: listed(await sessionsOf(db, accountId)),
    devices: listed(await devicesOf(db, accountId)),
    rememberedBrowsers: listed(await rememberedOf(db, accountId)),
    secondFactors: {
      authenticatorApps: listed(await appsOf(db, accountId)),
      passkeys: listed(await passkeysOf(db, accountId)),
      recoveryCodes: listed(await codesOf(db, accountId)),
    },
    apps: listed(await appFamiliesOf(db, accountId)),
    personalTokens: listed(await personalTokensOf(db, accountId)),
    appsThatAsked: listed(await grantsOf(db, accountId)),
    identities: listed(await identitiesOf(db, accountId)),
    links: listed(await linksOf(db, accountId)),
    mails: listed(await mailsOf(db, account)),
  }
}

function sessionsOf(db: Db, accountId: string) {
  return db
    .selectFrom('demijohn_sessions')
    .select([
      ...(['createdAt', 'authenticatedAt', 'lastSeenAt', 'expiresAt'] as const),
      ...(['userAgent', 'clientAddress', 'methods'] as const),
    ])
    .where('accountId', '=', accountId)
    .orderBy('createdAt', 'desc')
    .limit(maxRows + 1)
    .execute()
}

function devicesOf(db: Db, accountId: string) {
  return db
    .selectFrom('demijohn_devices')
    .select(['createdAt', 'lastSeenAt'])
    .where('accountId', '=', accountId)
    .orderBy('createdAt', 'desc')
    .limit(maxRows + 1)
    .execute()
}

function rememberedOf(db: Db, accountId: string) {
  return db
    .selectFrom('demijohn_remembered')
    .select(['methods', 'authenticatedAt', 'expiresAt', 'usedAt'])
    .where('accountId', '=', accountId)
    .orderBy('expiresAt', 'desc')
    .limit(maxRows + 1)
    .execute()
}

function appsOf(db: Db, accountId: string) {
  return db
    .selectFrom('demijohn_totp')
    .select(['createdAt', 'confirmedAt'])
    .where('accountId', '=', accountId)
    .execute()
}

function passkeysOf(db: Db, accountId: string) {
  return db
    .selectFrom('demijohn_passkeys')
    .select(['name', 'transports', 'createdAt', 'lastUsedAt'])
    .where('accountId', '=', accountId)
    .orderBy('createdAt', 'desc')
    .limit(maxRows + 1)
    .execute()
}

function codesOf(db: Db, accountId: string) {
  return db
    .selectFrom('demijohn_recovery_codes')
    .select(['createdAt', 'usedAt'])
    .where('accountId', '=', accountId)
    .limit(maxRows + 1)
    .execute()
}

/** What apps were let do; none of their tokens, nor a hash of one. */
function appFamiliesOf(db: Db, accountId: string) {
  return db
    .selectFrom('demijohn_token_families')
    .select([
      ...(['clientId', 'scopes', 'createdAt', 'lastUsedAt', 'lastNetwork'] as const),
      ...(['expiresAt', 'endedAt', 'endedBecause'] as const),
    ])
    .where('accountId', '=', accountId)
    .orderBy('createdAt', 'desc')
    .limit(maxRows + 1)
    .execute()
}

function personalTokensOf(db: Db, accountId: string) {
  return db
    .selectFrom('demijohn_personal_tokens')
    .select(['name', 'scopes', 'createdAt', 'lastUsedAt', 'expiresAt', 'revokedAt'])
    .where('accountId', '=', accountId)
    .orderBy('createdAt', 'desc')
    .limit(maxRows + 1)
    .execute()
}

function grantsOf(db: Db, accountId: string) {
  return db
    .selectFrom('demijohn_device_grants')
    .select(['clientId', 'scopes', 'network', 'createdAt', 'decision', 'decidedAt'])
    .where('accountId', '=', accountId)
    .orderBy('createdAt', 'desc')
    .limit(maxRows + 1)
    .execute()
}

function identitiesOf(db: Db, accountId: string) {
  return db
    .selectFrom('demijohn_identities')
    .select(['provider', 'issuer', 'subject', 'email', 'createdAt', 'lastUsedAt'])
    .where('accountId', '=', accountId)
    .orderBy('createdAt', 'desc')
    .limit(maxRows + 1)
    .execute()
}

function linksOf(db: Db, accountId: string) {
  return db
    .selectFrom('demijohn_tickets')
    .select(['purpose', 'email', 'createdAt', 'expiresAt', 'usedAt'])
    .where('accountId', '=', accountId)
    .orderBy('createdAt', 'desc')
    .limit(maxRows + 1)
    .execute()
}

/** What went to the address since the account is there, without what it said. */
function mailsOf(db: Db, { email, createdAt }: { email: string; createdAt: number }) {
  return db
    .selectFrom('demijohn_mails')
    .select(['subject', 'createdAt', 'sentAt', 'givenUpAt'])
    .where('recipient', '=', email)
    .where('createdAt', '>=', createdAt)
    .orderBy('createdAt', 'desc')
    .limit(maxRows + 1)
    .execute()
}
