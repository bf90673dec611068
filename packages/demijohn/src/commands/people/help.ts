import { styleText } from 'node:util'
import { lastAdministratorOption } from './changes.ts'

const lastAdministrator = `  --${lastAdministratorOption}
      the last active administrator is changed only with it`

/** What each command does, first for the list of them all and then on its own. */
export const peopleHelp = {
  add: {
    usage: 'add ADDRESS --name NAME --role ROLE',
    does: 'makes an account, and a link to a password',
    more: `  The link works once, for 7 days, and is shown this once. Whoever runs the
  command never knows a password.`,
  },
  list: {
    usage: 'list [--search TEXT] [--role ROLE] [--state STATE]',
    does: 'who is here',
    more: `  --search TEXT   part of a name or an address, in any case
  --role ROLE     of that role alone
  --state STATE   active or suspended
  --json          an array of objects

  A table on a terminal. In a pipe a line each, separated by tabs:
  address, name, role, state, day of joining.`,
  },
  role: {
    usage: 'role ADDRESS ROLE',
    does: 'gives another role, and ends all sessions',
    more: lastAdministrator,
  },
  suspend: {
    usage: 'suspend ADDRESS',
    does: 'ends all sessions; nobody signs in to it',
    more: `${lastAdministrator}

  What the person has written stays; restore takes it back.`,
  },
  restore: {
    usage: 'restore ADDRESS',
    does: 'lets a suspended person sign in again',
    more: '  With the password of before. Nothing else is changed.',
  },
  'reset-link': {
    usage: 'reset-link ADDRESS',
    does: 'makes a link to choose a new password',
    more: `  The link works once, for a day (7 days where there is no password yet),
  and is shown this once; older ones are void. The password of now stays until
  it is used.`,
  },
  'remove-factors': {
    usage: 'remove-factors ADDRESS',
    does: 'takes away lost second factors',
    more: `  The authenticator app, every passkey and the recovery codes; all sessions end.
  Be sure who is asking: the password alone signs in from then on, or where the
  role demands a second factor, sets one up. Where somebody else may know the
  password, make a reset-link as well.`,
  },
  'end-sessions': {
    usage: 'end-sessions ADDRESS',
    does: 'signs somebody out everywhere',
    more: `  Remembered sign-ins, apps and personal tokens end, too. Running sites notice
  within a second.`,
  },
} as const

export type PeopleCommand = keyof typeof peopleHelp

export function helpOfAll(): string {
  const commands = Object.entries(peopleHelp).map(([name, { does }]) => {
    return `  ${styleText('bold', `npx demijohn people ${name}`.padEnd(33))} ${does}`
  })
  return `\n${commands.join('\n')}\n\n  --help behind each says more.\n`
}

export function helpOf(name: PeopleCommand): string {
  const { usage, does, more } = peopleHelp[name]
  return `\n  ${styleText('bold', `npx demijohn people ${usage}`)}\n  ${does}\n\n${more}\n`
}
