/**
 * Which keys are too weak to prove anything, beyond what OpenSSL refuses when it reads one.
 *
 * Stops short and even moduli, exponents of one, the moduli of a faulty chip (ROCA,
 * CVE-2017-15361), and points of Ed25519 under which a signature says nothing.
 */

const minModulusBits = 2048
/** RSA beyond this costs more to check than it is worth. */
const maxModulusBits = 8192
const maxExponentBytes = 8

/** RFC 7518 section 3.3; NIST SP 800-56B section 6.2. No leading zeros: one spelling for each key. */
export function isStrongRsa(modulus: Buffer, exponent: Buffer): boolean {
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24
  if (modulus[0] === 0 || exponent[0] === 0) return false
  if (bits < minModulusBits || bits > maxModulusBits) return false
  if (exponent.length === 0 || exponent.length > maxExponentBytes) return false
  const n = numberOf(modulus)
  const e = numberOf(exponent)
  return n % 2n === 1n && e % 2n === 1n && e >= 3n && !isRocaModulus(n)
}

/** The primes below 168 that 65537 does not generate: the others would say nothing. */
const rocaPrimes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]
const rocaResidues = rocaPrimes.map((prime) => ({
  prime: BigInt(prime),
  residues: new Set(powersOf(65_537 % prime, prime).map(BigInt)),
}))

function powersOf(base: number, modulus: number): readonly number[] {
  const powers = [1]
  for (let at = base; at !== 1; at = (at * base) % modulus) powers.push(at)
  return powers
}

/**
 * Both primes of a ROCA key are powers of 65537 modulo many small primes, and so is their product
 * (Nemec and others, 2017, section 3). Of other moduli one in 2^27 looks so.
 */
function isRocaModulus(n: bigint): boolean {
  return rocaResidues.every(({ prime, residues }) => residues.has(n % prime))
}

const p = 2n ** 255n - 19n
/** d = −121665 / 121666 (RFC 8032 section 5.1). */
const d =
  37_095_705_934_669_439_343_138_083_508_754_565_189_542_113_879_843_219_016_388_785_533_085_940_283_555n
/** y of a point of order 8: a root of dy⁴ + 2y² − 1. The negative is the other one. */
const y8 =
  2_707_385_501_144_840_649_318_225_287_225_658_788_936_804_267_575_313_519_463_743_609_750_303_402_022n
/** y of every point of order 1, 2, 4 or 8: under such a key any message has a signature. */
const smallOrders: ReadonlySet<bigint> = new Set([0n, 1n, p - 1n, y8, p - y8])

/**
 * Whether 32 bytes are a point of Ed25519 of large order (RFC 8032 section 5.1.3): y below p, and
 * x² = (y² − 1) / (dy² + 1) has a root, by Euler's criterion. OpenSSL looks at neither when it reads a key.
 */
export function isStrongEd25519(point: Buffer): boolean {
  if (point.length !== 32) return false
  const bytes = Buffer.from(point).reverse()
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0)
  const y = numberOf(bytes)
  if (y >= p || smallOrders.has(y)) return false
  const ySquared = (y * y) % p
  // The product of numerator and denominator is a square exactly where their quotient is one.
  const product = ((ySquared - 1n) * (d * ySquared + 1n)) % p
  return power((product + p) % p, (p - 1n) / 2n) === 1n
}

/** base^exponent modulo p. Time depends on the numbers, which are public here. */
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % p) {
    if (rest % 2n === 1n) result = (result * square) % p
  }
  return result
}

function numberOf(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`)
}
