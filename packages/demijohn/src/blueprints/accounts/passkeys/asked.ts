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

/** Instead of the password that would confirm: as much as signing in with it alone. */
export function confirmation(accountId: string, next: LocalPath | undefined): Asked {
  const action = withNext('/login/confirm/passkey', next)
  return { action, accountId, userVerification: 'required' }
}
