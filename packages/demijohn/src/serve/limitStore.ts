/** Where limits are counted: in this process, and where the project says so, with others. */
import type { Random } from '../core/bytes.ts'
import type { LimitStore } from '../defences/limits/plan.ts'
import { sharedLimitStore } from '../defences/limits/shared.ts'
import { memoryLimitStore } from '../defences/limits/store.ts'
import type { Surroundings } from './application.ts'

export function limitStoreOf(
  { clock, log, sharedLimits }: Surroundings,
  random: Random,
): LimitStore {
  const local = memoryLimitStore({ clock, random })
  if (sharedLimits === undefined) return local
  return sharedLimitStore({
    ...{ shared: sharedLimits, local, clock },
    onChange: (change) => {
      if (change.kind === 'failed') {
        log.fault('limits', change.error)
        return
      }
      const { milliseconds, counts } = change
      log.info('the shared store of limits answers again', { milliseconds, ...counts })
    },
  })
}
