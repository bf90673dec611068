/** The roles as people read them. */
import type { Role } from '../kit.ts'

export const roleLabels: Readonly<Record<Role, string>> = {
  viewer: 'Viewer',
  member: 'Member',
  editor: 'Editor',
  admin: 'Administrator',
}

/** The label of a stored role; one that this version does not know is shown as it is. */
export function roleLabel(role: string): string {
  return isRole(role) ? roleLabels[role] : role
}

function isRole(role: string): role is Role {
  return Object.hasOwn(roleLabels, role)
}

export function article(noun: string): 'a' | 'an' {
  return /^[aeiou]/.test(noun) ? 'an' : 'a'
}
