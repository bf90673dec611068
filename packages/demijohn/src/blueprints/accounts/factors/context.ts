/** What the routes of second factors share. */
import type { AccountStore } from '../data.ts'
import type { SignInHandling } from '../finish.ts'
import type { FactorReader, FactorStore } from './store.ts'

type Moment<Db> = {
  readonly db: Db
  readonly now: number
  readonly sealed: FactorStore['sealed']
  readonly sessionId: string | null
}

/** Under the request's own moment. */
export function factorStoreAt(facts: Moment<AccountStore['db']>): FactorStore {
  const { db, now, sealed, sessionId } = facts
  return { db, sealed, sessionId, clock: { now: () => now } }
}

export function factorReaderAt(facts: Moment<FactorReader['db']>): FactorReader {
  const { db, now, sealed, sessionId } = facts
  return { db, sealed, sessionId, clock: { now: () => now } }
}

/** Somebody else was faster: what was about to be written is not, and no session is ended. */
class FactorMoved extends Error {
  override readonly name = 'FactorMoved'
}

type Session = SignInHandling['session']
type Alongside = NonNullable<NonNullable<Parameters<Session['endOthers']>[0]>['alongside']>

/**
 * Writes a change of factors and ends the person's other sessions, or does neither where `change`
 * answers undefined.
 */
export async function changeFactors<T>(
  session: Session,
  change: (db: Parameters<Alongside>[0]) => Promise<T | undefined>,
): Promise<T | undefined> {
  const done: T[] = []
  const alongside: Alongside = async (transaction) => {
    const changed = await change(transaction)
    if (changed === undefined) throw new FactorMoved()
    done.push(changed)
  }
  try {
    await session.endOthers({ alongside })
    return done[0]
  } catch (error) {
    if (error instanceof FactorMoved) return undefined
    throw error
  }
}
