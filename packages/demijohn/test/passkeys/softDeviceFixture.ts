/** A browser with an authenticator, without a browser: opens pages, answers their forms, sends them. */
import assert from 'node:assert/strict'
import {
  attestationObject,
  authenticatorData,
  clientData,
  encodeCbor,
  type Key,
  makeKey,
  signWith,
} from '../../src/defences/passkeys/softAuthenticatorFixture.ts'
import type { TestClient, TestReply } from '../../src/testing/client.ts'

export const origin = 'https://site.example'

export type Credential = {
  readonly id: Buffer
  readonly key: Key
  /** In base64url, as the options of the registration said. */
  readonly userHandle: string
  signCount: number
}

type Options = {
  readonly challenge: string
  readonly user?: { readonly id: string }
  readonly [name: string]: unknown
}

/** The page's form that asks for a passkey, as the script would find it. */
export type Opened = {
  readonly action: string
  readonly options: Options
  readonly values: ReadonlyMap<string, string>
}

export async function open(client: TestClient, path: string): Promise<Opened> {
  const reply = await client.get(path)
  const json = /<script type="application\/json">(.*?)<\/script>/.exec(reply.text)?.[1]
  const form = reply.forms.find(({ names }) => names.has('clientData'))
  assert.ok(json !== undefined && form !== undefined, `${path}: ${reply.status} ${reply.text}`)
  return { action: form.action, options: JSON.parse(json), values: form.values }
}

export async function send(
  client: TestClient,
  { action, values }: Opened,
  filled: Readonly<Record<string, string>>,
): Promise<TestReply> {
  return client.send({
    method: 'POST',
    target: action,
    headers: {
      ...{ accept: 'text/html', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' },
      ...{ 'sec-fetch-dest': 'document', origin },
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams([...new Map([...values, ...Object.entries(filled)])]).toString(),
  })
}

const [UP, UV, BE, AT] = [0x01, 0x04, 0x08, 0x40]
let made = 0

/** What a new credential answers, and the credential. */
export function creation(
  { options }: Opened,
  { verified = true }: { readonly verified?: boolean } = {},
): { readonly credential: Credential; readonly filled: Readonly<Record<string, string>> } {
  made += 1
  const id = Buffer.alloc(32, made)
  const key = makeKey('ES256')
  const data = authenticatorData({
    rpId: 'site.example',
    flags: UP | AT | (verified ? UV : 0),
    signCount: 1,
    credential: { id, key: encodeCbor(key.cose) },
  })
  const client = clientData({ type: 'webauthn.create', challenge: options.challenge, origin })
  const filled = {
    name: 'Phone',
    credentialId: id.toString('base64url'),
    clientData: client.toString('base64url'),
    attestation: attestationObject(data).toString('base64url'),
    transports: 'internal,hybrid',
  }
  return { credential: { id, key, userHandle: options.user?.id ?? '', signCount: 1 }, filled }
}

export function assertion(
  { options }: Opened,
  credential: Credential,
  {
    verified = true,
    synchronised = false,
  }: { readonly verified?: boolean; readonly synchronised?: boolean } = {},
): Readonly<Record<string, string>> {
  credential.signCount += 1
  const data = authenticatorData({
    rpId: 'site.example',
    flags: UP | (verified ? UV : 0) | (synchronised ? BE : 0),
    signCount: credential.signCount,
  })
  const client = clientData({ type: 'webauthn.get', challenge: options.challenge, origin })
  return {
    credentialId: credential.id.toString('base64url'),
    clientData: client.toString('base64url'),
    authenticatorData: data.toString('base64url'),
    signature: signWith(credential.key, data, client).toString('base64url'),
    userHandle: credential.userHandle,
  }
}
