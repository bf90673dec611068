/** What the commands about bans share: the store that the running site has, and the security log. */
import { systemClock } from '../../core/clock.ts'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import type { SharedLimits } from '../../defences/limits/shared.ts'
import { memoryBanStore } from '../../defences/sentinel/bans.ts'
import { sentinelOptions } from '../../defences/sentinel/options.ts'
import { type SharedBanStore, sharedBanStore } from '../../defences/sentinel/sharedBans.ts'
import type { Environment } from '../../secrets/settings.ts'
import type { Project } from '../../serve/application.ts'
import { bansJournal, mostBans } from '../../serve/bans.ts'
import { sharedStoreUrl } from '../../serve/settings.ts'
import { openExisting } from '../database.ts'
import { type CommandRecord, openRecord } from '../record.ts'

export type BanDesk = { readonly bans: SharedBanStore; readonly record: CommandRecord }

/** Opens the store, lets `work` use it, and closes it whatever happens. */
export async function atBanDesk(
  project: Project,
  environment: Environment,
  work: (desk: BanDesk) => Promise<void>,
): Promise<void> {
  const { db, path, close } = await openExisting(project, environment)
  let sharedLimits: SharedLimits | undefined
  try {
    sharedLimits = await openShared(project, environment)
    const journal = bansJournal({ db, clock: systemClock, sharedLimits })
    const { banMemoryMilliseconds: memoryMilliseconds } = sentinelOptions(project.sentinel)
    const local = memoryBanStore({ mostBans, memoryMilliseconds })
    // What goes wrong is thrown at whoever asked.
    const bans = sharedBanStore({ journal, local, onChange: () => undefined })
    const record = openRecord(path)
    await work({ bans, record }).finally(record.close)
  } finally {
    await sharedLimits?.close()
    await close()
  }
}

const attempts = 25
const attemptMilliseconds = 100

/** Where the site shares its limits. Throws Misconfiguration where that does not answer. */
async function openShared(
  project: Project,
  environment: Environment,
): Promise<SharedLimits | undefined> {
  const sharedStore = project.limits?.sharedStore
  const url = sharedStore === undefined ? undefined : sharedStoreUrl(environment)
  if (sharedStore === undefined || url === undefined) return undefined
  const shared = sharedStore({ url })
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const answers = await shared.ping().then(
      () => true,
      () => false,
    )
    if (answers) return shared
    await new Promise((resolve) => setTimeout(resolve, attemptMilliseconds))
  }
  await shared.close()
  throw new Misconfiguration(['the store that REDIS_URL names does not answer; is it running?'])
}
