import { styleText } from 'node:util'

/** What each command does, first for the list of them all and then on its own. */
export const bansHelp = {
  list: {
    usage: 'list',
    does: 'who is kept out, until when, and why',
    more: `  --json   an array of objects, with everything that was counted

  A table on a terminal. In a pipe a line each, separated by tabs:
  client, until, how many bans before, reason.`,
  },
  lift: {
    usage: 'lift CLIENT',
    does: 'lets a client in again, within a second',
    more: `  CLIENT is an address, of IPv6 also its /64. The ban is forgotten: the next one
  is as long as a first. To keep a network from being banned at all, name it in
  ALLOWED_NETWORKS and restart the site.`,
  },
  add: {
    usage: 'add ADDRESS --hours HOURS',
    does: 'keeps a client out for so many hours',
    more: `  From 1 to 168 hours. Of IPv6 the whole /64. A network in ALLOWED_NETWORKS is
  never kept out.`,
  },
} as const

export type BansCommand = keyof typeof bansHelp

export function helpOfAll(): string {
  const commands = Object.entries(bansHelp).map(([name, { does }]) => {
    return `  ${styleText('bold', `npx demijohn bans ${name}`.padEnd(24))} ${does}`
  })
  return `\n${commands.join('\n')}\n\n  --help behind each says more.\n`
}

export function helpOf(name: BansCommand): string {
  const { usage, does, more } = bansHelp[name]
  return `\n  ${styleText('bold', `npx demijohn bans ${usage}`)}\n  ${does}\n\n${more}\n`
}
