/** Mails about tokens. Nothing in them was typed by a stranger: apps are named as the project names them. */
import { MailProblem, mailMessage } from '../../mail/message.ts'
import type { MailParts } from '../accounts/appearance.ts'
import { asMinute } from '../accounts/devices/times.ts'

export const tokensPath = '/account/tokens'

type About = { readonly siteName: string; readonly at: number; readonly clientAddress: string }

const look = { label: 'Look at your apps and tokens', path: tokensPath }
const nothingToDo = 'Was it you? Then there is nothing to do.'

export function personalTokenMade({ siteName, at, clientAddress }: About): MailParts {
  return {
    subject: `A new personal token at ${siteName}`,
    paragraphs: [
      'Hello,',
      `somebody, presumably you, made a personal token for your account at ${siteName}. Whoever has it acts as you, within what it was given.`,
      `When: ${asMinute(at)}. From: ${clientAddress}.`,
      'If it was not you, revoke it on the page that the link leads to, and change your password.',
    ],
    action: look,
    footer: nothingToDo,
  }
}

export function appConnected({
  siteName,
  at,
  clientAddress,
  app,
}: About & { readonly app: string }): MailParts {
  return {
    subject: `${app} may now use your account at ${siteName}`,
    paragraphs: [
      'Hello,',
      `somebody, presumably you, has let ${app} act for your account at ${siteName}.`,
      `When: ${asMinute(at)}. From: ${clientAddress}.`,
      'If it was not you, revoke it on the page that the link leads to, and change your password.',
    ],
    action: look,
    footer: nothingToDo,
  }
}

export function appTokenCopied({
  siteName,
  app,
}: {
  readonly siteName: string
  readonly app: string
}): MailParts {
  return {
    subject: `${app} was disconnected from your account at ${siteName}`,
    paragraphs: [
      'Hello,',
      `a token of ${app} came a second time, although each works only once. Either somebody has a copy of it, or an answer of ours was lost on its way.`,
      'To be safe, it can no longer use your account. Connect it again if you want to, and look at what else may. If there is anything that you do not know, revoke it and change your password.',
    ],
    action: look,
  }
}

/**
 * What keeps the mails about an app from being written; undefined where nothing does. Asked at start,
 * for a family ends together with the mail that tells of it, or not at all.
 */
export function mailProblemOf(named: {
  readonly siteName: string
  readonly app: string
}): string | undefined {
  const to = 'somebody@site.example'
  const site = { origin: 'https://site.example', signature: named.siteName }
  const connected = appConnected({ ...named, at: 0, clientAddress: '::' })
  try {
    for (const parts of [connected, appTokenCopied(named)]) mailMessage({ ...parts, to }, site)
    return undefined
  } catch (error) {
    if (error instanceof MailProblem) return error.message
    throw error
  }
}
