/**
 * CBOR (RFC 8949), as much of it as passkeys use and in its one canonical length (CTAP 2.1, section
 * 8): integers, bytes, text, arrays, maps, booleans and null.
 *
 * Stops a second reading of signed bytes: lengths that are longer than needed, indefinite lengths,
 * duplicate keys, tags, floats and bytes that trail are refused, and so is what is too large or too
 * deep. Never throws, and never allocates by a length that the input only claims to have.
 *
 * The order of keys in a map is not looked at: no reading depends on it.
 */

export type CborKey = number | string
export type CborMap = ReadonlyMap<CborKey, CborValue>
export type CborValue =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | CborMap

/** A value and the offset of the byte after it. */
export type CborItem = { readonly value: CborValue; readonly end: number }

/** An attestation object nests three deep; certificates in an array make it four. */
const maxDepth = 6
/** Keys and values together. The largest attestation in use has about 40. */
const maxItems = 256

type State = { readonly bytes: Uint8Array; readonly view: DataView; at: number; items: number }

/** What the bytes hold, all of them; undefined when they are anything else than one value. */
export function decodeCbor(bytes: Uint8Array): CborValue | undefined {
  const item = decodeCborAt(bytes, 0)
  return item?.end === bytes.length ? item.value : undefined
}

/** The value that begins at an offset, whatever follows it. */
export function decodeCborAt(bytes: Uint8Array, offset: number): CborItem | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const state: State = { bytes, view, at: offset, items: 0 }
  const value = readValue(state, 0)
  return value === undefined ? undefined : { value, end: state.at }
}

export function isCborMap(value: CborValue | undefined): value is CborMap {
  return value instanceof Map
}

function readValue(state: State, depth: number): CborValue | undefined {
  state.items += 1
  const initial = state.bytes[state.at]
  if (initial === undefined || state.items > maxItems || depth > maxDepth) return undefined
  const major = initial >> 5
  if (major === 7) return readSimple(state, initial)
  const argument = readArgument(state, initial & 31)
  if (argument === undefined) return undefined
  switch (major) {
    case 0:
      return argument
    case 1:
      return -1 - argument
    case 2:
      return readBytes(state, argument)
    case 3:
      return readText(state, argument)
    case 4:
      return readArray(state, argument, depth)
    case 5:
      return readMap(state, argument, depth)
    default:
      return undefined
  }
}

/** True, false and null (RFC 8949 section 3.3); no floats and no other simple values. */
function readSimple(state: State, initial: number): boolean | null | undefined {
  state.at += 1
  if (initial === 0xf4) return false
  if (initial === 0xf5) return true
  return initial === 0xf6 ? null : undefined
}

/** Lengths and integers up to 32 bits, each in its shortest form. */
function readArgument(state: State, information: number): number | undefined {
  const { view, at } = state
  const width = information < 24 ? 0 : information === 24 ? 1 : information === 25 ? 2 : 4
  if (information > 26 || at + 1 + width > view.byteLength) return undefined
  state.at = at + 1 + width
  if (width === 0) return information
  if (width === 1) return atLeast(24, view.getUint8(at + 1))
  if (width === 2) return atLeast(0x100, view.getUint16(at + 1))
  return atLeast(0x1_0000, view.getUint32(at + 1))
}

function atLeast(least: number, value: number): number | undefined {
  return value >= least ? value : undefined
}

function readBytes(state: State, length: number): Uint8Array | undefined {
  const end = state.at + length
  if (end > state.bytes.length) return undefined
  const bytes = state.bytes.subarray(state.at, end)
  state.at = end
  return bytes
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Well-formed UTF-8 as text; undefined for anything else. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    // With `fatal`, a TypeError is how the platform says that the bytes are no UTF-8.
    return undefined
  }
}

function readText(state: State, length: number): string | undefined {
  const bytes = readBytes(state, length)
  return bytes === undefined ? undefined : decodeUtf8(bytes)
}

function readArray(state: State, length: number, depth: number): CborValue[] | undefined {
  const values: CborValue[] = []
  for (let i = 0; i < length; i += 1) {
    const value = readValue(state, depth + 1)
    if (value === undefined) return undefined
    values.push(value)
  }
  return values
}

function readMap(state: State, length: number, depth: number): CborMap | undefined {
  const map = new Map<CborKey, CborValue>()
  for (let i = 0; i < length; i += 1) {
    const key = readValue(state, depth + 1)
    if ((typeof key !== 'number' && typeof key !== 'string') || map.has(key)) return undefined
    const value = readValue(state, depth + 1)
    if (value === undefined) return undefined
    map.set(key, value)
  }
  return map
}
