import { styleText } from 'node:util'

export const keysHelp = `
  ${styleText('bold', 'npx demijohn keys list [--json]')}
  what access tokens are signed with, the newest first; nothing secret

  ${styleText('bold', 'npx demijohn keys rotate [--now] [--distrust-old]')}
  makes a new key; it is published at once and signs ten minutes later

  --now            signs at once
  --distrust-old   for a key in other hands: it signs at once, and what older keys
                   have signed opens nothing any more. Apps refresh; nobody has to
                   sign in again

  Without --distrust-old the old key verifies until its last token is over. Needs
  the KEYS of the site, under which keys are sealed. Running sites notice within a
  second.
`
