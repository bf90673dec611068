import type { TokenOptions } from '../defences/tokens/options.ts'
import type { MailContent } from '../mail/message.ts'

/** What the store of tokens is made with. */
export type TokenSettings = {
  readonly options: TokenOptions
  /** What the owner of an account is told when a copy of an app's token has shown. */
  readonly copiedMail: (app: string) => Omit<MailContent, 'to'>
}
