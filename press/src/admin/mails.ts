/** What people are told by mail of what an administrator does to their account. */
import type { Role } from '../kit.ts'
import { article, roleLabels } from './roles.ts'

/** A mail but for its address, which is always the stored one. */
export type Letter = {
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly action?: { readonly label: string; readonly path: string }
  readonly footer?: string
}

const mistake = 'Do you think that this is a mistake? Then write to the people of Press.'

const reach: Readonly<Record<Role, string>> = {
  viewer: 'You can read everything that is published, and change your own account.',
  member: 'You can read everything that is published, and comment on it.',
  editor: 'You can write posts, publish them, and comment on those of others.',
  admin: 'You look after the site now: its people, its posts and its comments.',
}

/** `reason` is an administrator's words on one line; empty where none was given. */
export function suspended({ reason }: { readonly reason: string }): Letter {
  return {
    subject: 'Your account at Press is suspended',
    paragraphs: [
      'Hello,',
      'an administrator of Press has suspended your account. You are signed out everywhere, and cannot sign in until it is restored. What you wrote stays where it is.',
      ...(reason === '' ? [] : [`The reason that was given: ${reason}`]),
    ],
    footer: mistake,
  }
}

export function restored(): Letter {
  return {
    subject: 'Your account at Press is open again',
    paragraphs: [
      'Hello,',
      'an administrator of Press has restored your account. Everything is as it was; sign in as before.',
    ],
    action: { label: 'Sign in', path: '/login' },
  }
}

export function roleChanged({ role }: { readonly role: Role }): Letter {
  const label = roleLabels[role].toLowerCase()
  return {
    subject: `You are ${article(label)} ${label} at Press now`,
    paragraphs: [
      'Hello,',
      `an administrator of Press has made you ${article(label)} ${label}. ${reach[role]}`,
      'You are signed out everywhere, so that it holds from your next sign-in on.',
    ],
    action: { label: 'Sign in', path: '/login' },
    footer: mistake,
  }
}

/** To somebody who has a password: nobody makes a link to their account without their hearing of it. */
export function linkMade(): Letter {
  return {
    subject: 'A link to choose a new password at Press',
    paragraphs: [
      'Hello,',
      'an administrator of Press has made a link by which a new password is chosen for your account. It works once, for an hour, and is given to you by the administrator: it is not in this mail.',
      'If you have not asked for it, tell the people of Press at once. Until the link is used, your password stays as it is.',
    ],
    footer: mistake,
  }
}

export function deleted(): Letter {
  return {
    subject: 'Your account at Press is deleted',
    paragraphs: [
      'Hello,',
      'an administrator of Press has deleted your account, with your posts and comments. This is the last mail to you.',
    ],
    footer: mistake,
  }
}

/** Marks that turn the direction of reading or cannot be seen: in a mail they are refused. */
const unseen = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u

export function mayStandInMail(text: string): boolean {
  return !unseen.test(text)
}
