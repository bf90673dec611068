/**
 * Chooses a content coding out of Accept-Encoding (RFC 9110 section 12.5.3). Linear in the header;
 * members that are malformed are passed over, and where nothing fits the plain body is sent.
 *
 * Only for static files compressed beforehand: compressing a page that holds both a secret and
 * what an attacker typed would tell the secret by its length (BREACH).
 */
import { trimBlanks } from './grammar.ts'

export type Coding = 'br' | 'gzip'

/** `qvalue` of RFC 9110 section 12.4.2 with its name. */
const weightShape = /^[qQ]=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/

/**
 * The best coding among those there are. The higher weight wins; among equals the one that is
 * offered first, and any coding before the plain body.
 */
export function chooseEncoding(
  header: string | undefined,
  offered: readonly Coding[],
): Coding | 'identity' {
  if (header === undefined || header === '' || offered.length === 0) return 'identity'
  const weights = readWeights(header)
  const others = weights.get('*')
  let best: Coding | 'identity' = 'identity'
  let bestWeight = weights.get('identity') ?? 0
  for (const coding of offered) {
    const weight = weights.get(coding) ?? others ?? 0
    const better = best === 'identity' ? weight >= bestWeight : weight > bestWeight
    if (weight > 0 && better) {
      best = coding
      bestWeight = weight
    }
  }
  return best
}

function readWeights(header: string): Map<string, number> {
  const weights = new Map<string, number>()
  for (const member of header.split(',')) {
    const semicolon = member.indexOf(';')
    const name = trimBlanks(semicolon === -1 ? member : member.slice(0, semicolon)).toLowerCase()
    const weight = semicolon === -1 ? 1 : readWeight(trimBlanks(member.slice(semicolon + 1)))
    if (weight !== undefined) weights.set(name === 'x-gzip' ? 'gzip' : name, weight)
  }
  return weights
}

function readWeight(text: string): number | undefined {
  const match = text.length > 8 ? null : weightShape.exec(text)
  return match === null ? undefined : Number(match[1])
}
