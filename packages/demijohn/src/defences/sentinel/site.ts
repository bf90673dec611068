/** What all clients together show about sign-in: the only trace of an attack from many addresses. */
import { countRecent, type RecentSet, remember } from './counters.ts'
import { accountBounds } from './counts.ts'
import { type SiteNumbers, siteUnderAttack } from './detectors.ts'
import type { SentinelOptions } from './options.ts'
import type { Print } from './signals.ts'
import { boundedTable } from './table.ts'

/** Accounts and passwords that are told apart in an hour, for the whole site. */
const mostOfSite = 4_096

export type SiteAttack = {
  readonly detector: 'credential-stuffing' | 'password-spraying'
  readonly counts: Readonly<Record<keyof SiteNumbers, number>>
}

export type Site = {
  /** Counts a failed try. Says whether its password is being sprayed, and what the site looks like. */
  readonly failed: (facts: {
    readonly account: Print
    readonly password: Print | undefined
    readonly at: number
  }) => { readonly isSprayed: boolean; readonly attack: SiteAttack | undefined }
  readonly succeeded: (account: Print, at: number) => void
}

export function createSite(options: SentinelOptions): Site {
  const bounds = { ...accountBounds(options), most: mostOfSite }
  const failedAccounts: RecentSet = new Map()
  const succeededAccounts: RecentSet = new Map()
  const accountBoundsOfPassword = { ...bounds, most: options.sprayedAccounts }
  const passwords = boundedTable<Print, RecentSet>({
    most: mostOfSite,
    make: () => new Map(),
    // A password that was seen at two accounts is on its way to being a sprayed one.
    isSuspect: (accounts, now) => countRecent(accounts, accountBoundsOfPassword, now) >= 2,
  })

  function isSprayed(password: Print | undefined, account: Print, at: number): boolean {
    const accounts = password === undefined ? undefined : passwords.open(password, at)
    if (accounts === undefined) return false
    remember(accounts, account, accountBoundsOfPassword, at)
    return countRecent(accounts, accountBoundsOfPassword, at) >= options.sprayedAccounts
  }

  return {
    failed: ({ account, password, at }) => {
      remember(failedAccounts, account, bounds, at)
      const sprayed = isSprayed(password, account, at)
      const counts = {
        failedAccounts: countRecent(failedAccounts, bounds, at),
        succeededAccounts: countRecent(succeededAccounts, bounds, at),
        sprayedPasswords: sprayed ? 1 : 0,
      }
      const detector = siteUnderAttack(counts, options.site)
      const attack = detector === undefined ? undefined : { detector, counts }
      return { isSprayed: sprayed, attack }
    },
    succeeded: (account, at) => {
      failedAccounts.delete(account)
      remember(succeededAccounts, account, bounds, at)
    },
  }
}
