/** The facts of a request that decisions about other origins are made on. */
import type { CorsFacts } from '../../defences/cors/decide.ts'
import type { Parts, WithHead } from '../parts.ts'
import type { ApiPolicy } from './policy.ts'

export function corsFacts(
  parts: Parts,
  head: WithHead['head'],
  policy: ApiPolicy | undefined,
): CorsFacts {
  return {
    origin: head.headers.get('origin'),
    ownOrigins: parts.originsOf(head),
    allowedOrigins: policy?.cors?.allowedOrigins ?? [],
  }
}
