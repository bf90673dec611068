/**
 * Names of fields that a client made up, fit to be shown and logged: clipped to 64 characters, and
 * everything but printable ASCII replaced, so that no line break, terminal sequence or change of
 * writing direction gets into a log line (ASVS 16.4.1). HTML is still to be escaped where it is shown.
 */
export function printableName(name: string): string {
  return name.slice(0, 64).replaceAll(/[^\x20-\x7e]/g, '?')
}
