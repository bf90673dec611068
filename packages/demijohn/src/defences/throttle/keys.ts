/**
 * Whose allowance a try draws on.
 *
 * Stops: guesses at one account from many clients (its address is counted), guesses at many accounts
 * from one client (its network is counted, an IPv6 /64 as one), and an attacker who locks the owner
 * out by failing on purpose: a browser that has signed in to the account before draws on a count of
 * its own, which nobody else can reach (OWASP, "Slow Down Online Guessing Attacks with Device
 * Cookies"). An address without an account is counted like any other, so nothing tells them apart
 * (ASVS 6.3.8). What is stored is SHA-256, so that one look at the table does not list addresses;
 * whoever guesses an address can check it.
 */

import { sha256Hex } from '../../core/bytes.ts'
import { clientKey } from '../../web/client.ts'
import type { ThrottleKind } from './options.ts'

export type ThrottleKey = {
  readonly kind: ThrottleKind
  /** SHA-256 in hexadecimal of the kind and of what is counted. */
  readonly id: string
}

/** The same parts always give the same key, and no other parts do: JSON keeps them apart. */
export function throttleKey(kind: ThrottleKind, of: readonly string[]): ThrottleKey {
  return Object.freeze({ kind, id: sha256Hex(JSON.stringify([kind, ...of])) })
}

/** A password given for an address. `knownDeviceId` is null unless that browser signed in there before. */
export function passwordKeys(facts: {
  /** The address in the form by which two spellings are one. */
  readonly emailKey: string
  readonly knownDeviceId: string | null
  readonly clientAddress: string
}): readonly ThrottleKey[] {
  const { emailKey, knownDeviceId, clientAddress } = facts
  if (knownDeviceId !== null) return [throttleKey('device', [emailKey, knownDeviceId])]
  return [throttleKey('account', [emailKey]), throttleKey('client', [clientKey(clientAddress)])]
}

/**
 * A code of the second factor. A browser that is new to the account shares one count with all others
 * that are, or whoever has the password would take a new cookie for each handful of codes.
 */
export function secondFactorKeys(facts: {
  readonly accountId: string
  readonly knownDeviceId: string | null
}): readonly ThrottleKey[] {
  const { accountId, knownDeviceId } = facts
  return knownDeviceId === null
    ? [throttleKey('second-factor', [accountId])]
    : [throttleKey('second-factor-device', [accountId, knownDeviceId])]
}

/**
 * The present password, of somebody who is signed in: to confirm, to change it, to delete. Whoever
 * has copied a session and guesses draws on another count than the owner's browser, or the owner
 * could neither confirm nor change the password and be rid of them. The count of the whole account
 * is so wide that one browser alone never fills it.
 */
export function presentPasswordKeys(facts: {
  readonly accountId: string
  readonly knownDeviceId: string | null
}): readonly ThrottleKey[] {
  const { accountId, knownDeviceId } = facts
  const whole = throttleKey('present-password-account', [accountId])
  return knownDeviceId === null
    ? [throttleKey('present-password', [accountId]), whole]
    : [throttleKey('present-password-device', [accountId, knownDeviceId]), whole]
}

/**
 * A code that a device shows. Whoever guesses is signed in, so their account is counted, and with it
 * the network, or each new account would bring its own handful of guesses.
 */
export function userCodeKeys(facts: {
  readonly accountId: string
  readonly clientAddress: string
}): readonly ThrottleKey[] {
  const { accountId, clientAddress } = facts
  return [
    throttleKey('user-code', [accountId]),
    throttleKey('user-code-client', [clientKey(clientAddress)]),
  ]
}
