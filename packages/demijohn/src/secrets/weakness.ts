/**
 * Refuses secrets that somebody else can know or guess: those of tutorials, short ones, and ones
 * typed by hand (CWE-798, CWE-1391, ASVS 11.2.3, 13.2.3).
 *
 * Does not prove a secret random; nothing can. It stops the mistakes that people make.
 */

/**
 * Keys that stand in the documentation or tutorials of Flask, Flask-Security, FastAPI, Django,
 * Express, jwt.io and RFC 7515, as they are copied most.
 */
const published: ReadonlySet<string> = new Set([
  '192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf',
  '_5#y2L"F4Q8z\n\xec]/',
  '_5#y2L"F4Q8z\\n\\xec]/',
  'pf9Wkove4IKEAXvy-cQkeDPhv9Cb3Ag-wyJILbq_dFw',
  '146585145368132386173505678016728509634',
  '5791628bb0b13ce0c676dfde280ba245',
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  'AyM1SysPpbyfDfZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  'keyboard cat',
  'hard to guess string',
  'you-will-never-guess',
])

/** As they are written once case and everything but letters and digits are gone. */
const placeholderWords: ReadonlySet<string> = new Set([
  'dev',
  'test',
  'key',
  'admin',
  'root',
  'none',
  'null',
  'todo',
  'foobar',
  'shhhhh',
])

/** Long enough not to turn up by chance: six letters in 43 of base64url, about once in 30 million. */
const placeholderParts: readonly string[] = [
  'changeme',
  'changethis',
  'changeit',
  'replaceme',
  'replacethis',
  'secret',
  'password',
  'passw0rd',
  'insecure',
  'placeholder',
  'example',
  'default',
  'qwertyui',
  'keyboardcat',
  'letmein',
]

/** What is weak about a secret, as the end of a sentence; undefined where nothing was found. */
export function weaknessOf(text: string, minBytes = 32): string | undefined {
  const bare = text.toLowerCase().replace(/[^a-z0-9]/g, '')
  if (published.has(text) || published.has(text.trim())) return 'is published in a tutorial'
  if (placeholderWords.has(bare) || placeholderParts.some((part) => bare.includes(part))) {
    return 'is a placeholder'
  }
  const bytes = secretBytes(text)
  if (bytes.length < minBytes) {
    return `holds ${bytes.length} bytes and has to hold ${minBytes} or more`
  }
  return weaknessOfBytes(bytes) ?? weaknessOfBytes(Buffer.from(text, 'latin1'))
}

/** Repetition, sequences, few distinct bytes. Of random secrets, fewer than one in a million. */
export function weaknessOfBytes(bytes: Uint8Array): string | undefined {
  if (shortestPeriod(bytes) <= bytes.length / 2) return 'repeats itself'
  if (commonestStep(bytes) > bytes.length / 2) return 'is a sequence'
  // 32 random bytes have 30 distinct ones on average, 64 random hexadecimal digits have 16.
  if (new Set(bytes).size < 12) return 'has too few different characters'
  return undefined
}

/** Hexadecimal before base64 before plain text: the reading that gives the fewest bytes. */
export function secretBytes(text: string): Buffer {
  if (text.length % 2 === 0 && /^[0-9a-f]+$/i.test(text)) return Buffer.from(text, 'hex')
  if (/^[A-Za-z0-9_-]+={0,2}$/.test(text)) return Buffer.from(text, 'base64url')
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return Buffer.from(text, 'base64')
  return Buffer.from(text, 'utf8')
}

/** The length of the shortest block that repeated gives the bytes (Knuth, Morris, Pratt 1977). */
function shortestPeriod(bytes: Uint8Array): number {
  const borders = [0]
  let border = 0
  for (let i = 1; i < bytes.length; i++) {
    while (border > 0 && bytes[i] !== bytes[border]) border = borders[border - 1] ?? 0
    if (bytes[i] === bytes[border]) border += 1
    borders.push(border)
  }
  return bytes.length - border
}

/** How often the most frequent difference between neighbours occurs. */
function commonestStep(bytes: Uint8Array): number {
  const counts = new Map<number, number>()
  let most = 0
  let previous: number | undefined
  for (const byte of bytes) {
    if (previous !== undefined) {
      const step = (byte - previous) & 0xff
      const count = (counts.get(step) ?? 0) + 1
      counts.set(step, count)
      most = Math.max(most, count)
    }
    previous = byte
  }
  return most
}
