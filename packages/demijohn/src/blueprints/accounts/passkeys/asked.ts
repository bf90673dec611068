/** Who is asked for a passkey where, and how much the device has to prove. */
import type { LocalPath } from '../../../web/localPath.ts'
import { withNext } from '../next.ts'
import type { Asked } from './answer.ts'

/** Instead of address and password: the device has to have recognised its owner. */
export function alone(next: LocalPath | undefined): Asked {
  const action = withNext('/login/passkey', next)
  return { action, accountId: null, userVerification: 'required' }
}

/** After the password: to have the device is enough. */
export function secondFactor(accountId: string, next: LocalPath | undefined): Asked {
  const action = withNext('/login/second-factor/passkey', next)
  return { action, accountId, userVerification: 'preferred' }
}

export const confirmPath = '/login/confirm/passkey'

/**
 * Instead of what else would confirm: as much as signing in with it alone. `besidePassword`: to have
 * the device is enough, for the password is asked for with it.
 */
export function confirmation(
  accountId: string,
  next: LocalPath | undefined,
  { besidePassword }: { readonly besidePassword: boolean },
): Asked {
  const userVerification = besidePassword ? 'preferred' : 'required'
  return { action: withNext(confirmPath, next), accountId, userVerification }
}
