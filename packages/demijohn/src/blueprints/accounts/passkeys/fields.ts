/** The hidden fields that a passkey's answer comes in; static/passkeys.js fills them. */
import { accept, type Field, field, reject } from '../../../html/field.ts'
import { text } from '../../../html/fields.ts'
import { type Html, html } from '../../../html/template.ts'

const incomplete = 'The answer of your device did not arrive whole. Try again.'

/** Bytes in base64url without padding (RFC 4648 section 5), in the one way to write them. */
function bytes(max: number, { optional = false } = {}): Field<Buffer> {
  const longest = Math.ceil((max * 4) / 3)
  return field(
    { label: 'Passkey' },
    {
      required: !optional,
      repopulated: false,
      control: { kind: 'input', type: 'text', prose: false },
      parse: (raw = '') => {
        if (raw === '') return optional ? accept(Buffer.alloc(0)) : reject(incomplete)
        if (raw.length > longest || !/^[A-Za-z0-9_-]+$/.test(raw)) return reject(incomplete)
        const value = Buffer.from(raw, 'base64url')
        return value.toString('base64url') === raw ? accept(value) : reject(incomplete)
      },
    },
  )
}

/** Names of transports as browsers give them (section 5.8.4), unknown ones too; else none. */
const transports: Field<string> = field(
  { label: 'Passkey' },
  {
    required: false,
    repopulated: false,
    control: { kind: 'input', type: 'text', prose: false },
    parse: (raw = '') => accept(/^[a-z-]{1,16}(?:,[a-z-]{1,16}){0,7}$/.test(raw) ? raw : ''),
  },
)

/** The sealed note that came with the challenge. */
const proof: Field<string> = field(
  { label: 'Passkey' },
  {
    required: true,
    repopulated: false,
    control: { kind: 'input', type: 'text', prose: false },
    parse: (raw = '') => (raw !== '' && raw.length <= 512 ? accept(raw) : reject(incomplete)),
  },
)

const both = { proof, credentialId: bytes(1023), clientData: bytes(4096) }

export const passkeyName = text({
  label: 'Name',
  max: 60,
  hint: 'What you call the device or the place where it is kept, such as “Phone”.',
})

export const creationFields = {
  name: passkeyName,
  ...both,
  attestation: bytes(16_384),
  transports,
}

export const requestFields = {
  ...both,
  authenticatorData: bytes(8192),
  signature: bytes(1024),
  userHandle: bytes(64, { optional: true }),
}

/** The hidden controls of these fields: empty, but for the note. */
export function hiddenFields(
  fields: typeof creationFields | typeof requestFields,
  note: string,
): Html {
  const names = Object.keys(fields).filter((name) => name !== 'proof' && name !== 'name')
  return html`<input type="hidden" name="proof" value="${note}">
${names.map((name) => html`<input type="hidden" name="${name}">`)}`
}
