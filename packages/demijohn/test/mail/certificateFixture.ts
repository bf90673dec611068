/**
 * A certificate for 127.0.0.1, made anew for each run (X.509, RFC 5280, in DER): nothing that ends on
 * a day, and no private key in the repository.
 */
import { generateKeyPairSync, sign } from 'node:crypto'

export type Certificate = { readonly key: string; readonly cert: string }

/** Self-signed by an elliptic key, valid from a day ago until tomorrow. */
export function makeCertificate(address: readonly [number, number, number, number]): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const day = 86_400_000
  const now = Date.now()
  const name = sequence(set(sequence(oid('550403'), utf8('mail test'))))
  const extensions = sequence(
    // subjectAltName with an iPAddress; basicConstraints with cA true, so that it can be trusted.
    sequence(oid('551d11'), octets(sequence(tagged(0x87, Buffer.from(address))))),
    sequence(
      oid('551d13'),
      tagged(0x01, Buffer.from([0xff])),
      octets(sequence(tagged(0x01, Buffer.from([0xff])))),
    ),
  )
  const toBeSigned = sequence(
    tagged(0xa0, integer(2)),
    integer(1),
    ecdsaWithSha256,
    name,
    sequence(time(now - day), time(now + day)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, extensions),
  )
  const signature = sign('sha256', toBeSigned, privateKey)
  const whole = sequence(toBeSigned, ecdsaWithSha256, tagged(0x03, Buffer.from([0]), signature))
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
  }
}

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, ...parts)
const set = (part: Buffer): Buffer => tagged(0x31, part)
const oid = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'))
const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text))
const octets = (part: Buffer): Buffer => tagged(0x04, part)
const integer = (value: number): Buffer => tagged(0x02, Buffer.from([value]))
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))

/** GeneralizedTime, UTC to the second. */
function time(milliseconds: number): Buffer {
  const text = new Date(milliseconds).toISOString().replace(/\.\d+|[-:T]/g, '')
  return tagged(0x18, Buffer.from(text))
}
