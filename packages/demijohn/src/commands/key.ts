import { systemRandom } from '../core/bytes.ts'
import { misunderstood } from './help.ts'

/** Prints a key for KEYS. To change keys, put the new one in front and keep the old for a day. */
export function keyCommand(options: readonly string[]): number {
  if (options.length > 0) return misunderstood(`key takes no options`)
  process.stdout.write(`${systemRandom(32).toString('base64url')}\n`)
  return 0
}
