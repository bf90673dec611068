/**
 * One mail address, in the form in which it is stored.
 *
 * Stops mail to two addresses through one field, header injection, and a look-alike `@` that is
 * judged before normalisation and read after it: normalised (NFKC), then judged, then returned.
 *
 * The grammar is that of browsers (WHATWG HTML section 4.10.5.1.5) with the lengths of RFC 5321
 * section 4.5.3.1 and a dot in the domain. ASCII only: no quoted local parts, comments or literals.
 * Does not say that the mailbox exists.
 */

const localAtoms = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+$/
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** The address with its domain in lower case; undefined for anything else. */
export function parseEmail(input: string): string | undefined {
  if (input.length > 254) return undefined
  const parts = input.normalize('NFKC').split('@')
  const [local = '', domain = ''] = parts
  if (parts.length !== 2 || local.length > 64) return undefined
  if (!local.split('.').every((atom) => localAtoms.test(atom))) return undefined
  const host = domain.replace(/[A-Z]/g, (capital) => capital.toLowerCase())
  const labels = host.split('.')
  if (labels.length < 2 || !labels.every((part) => label.test(part))) return undefined
  if (/^\d+$/.test(labels.at(-1) ?? '')) return undefined
  const address = `${local}@${host}`
  return address.length <= 254 ? address : undefined
}
