/** The store of tokens of a site: what the blueprint says, on the keys and the clock of the site. */
import type { Random } from '../core/bytes.ts'
import type { RevisedStore } from '../data/revision.ts'
import { tokenOptions } from '../defences/tokens/options.ts'
import type { TokenParts } from '../defences/tokens/store/parts.ts'
import { createProofs } from '../defences/tokens/store/proofs.ts'
import { createTokenStore } from '../defences/tokens/store/store.ts'
import type { TokenStore } from '../defences/tokens/store/types.ts'
import type { MailQueue } from '../mail/queue.ts'
import type { TokenSettings } from '../pipeline/tokenSettings.ts'
import type { Sealed } from '../pipeline/writing.ts'
import type { Project, Surroundings } from './application.ts'
import { outsideReaders } from './outside.ts'

/** Keys that user codes of devices are hashed under. */
const codePurpose = 'user codes'

/** undefined for a project without the blueprint of tokens. */
export function tokenSettingsOf({ blueprints }: Project): TokenSettings | undefined {
  return blueprints.find(({ tokens }) => tokens !== undefined)?.tokens
}

export function tokenStoreOf(
  project: Project,
  { db, clock, log, origin, loopbackOrigin = 'http://localhost', subkeys }: Surroundings,
  made: {
    readonly random: Random
    readonly mails: MailQueue | undefined
    readonly secondFactorRoles: ReadonlySet<string>
    readonly revised: RevisedStore
    readonly sealed: Sealed
  },
): TokenStore {
  const { random, mails, secondFactorRoles, revised, sealed } = made
  const settings = tokenSettingsOf(project)
  const own = origin === 'loopback' ? loopbackOrigin : origin
  const outside = { db, clock, log, secondFactorRoles, own }
  return createTokenStore({
    ...{ db, clock, random, revised, sealed, secondFactorRoles },
    issuer: own,
    codeKeys: subkeys(codePurpose),
    options: settings?.options ?? tokenOptions(),
    proofs: createProofs(clock),
    outside: outsideReaders(project.outsideIssuers ?? [], outside),
    alarm: settings === undefined || mails === undefined ? undefined : alarmOf(settings, mails),
  })
}

function alarmOf({ options, copiedMail }: TokenSettings, mails: MailQueue): TokenParts['alarm'] {
  return async (transaction, { accountId, clientId }) => {
    const account = await transaction
      .selectFrom('demijohn_accounts')
      .select('email')
      .where('id', '=', accountId)
      .executeTakeFirst()
    if (account === undefined) return
    const name = options.clients.get(clientId)?.name ?? clientId
    await mails.send({ to: account.email, ...copiedMail(name) }, transaction)
  }
}
