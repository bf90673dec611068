/** A real SMTP server on this machine that keeps what it is given. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { smtpTransport } from '../../src/mail/smtp.ts'
import type { SmtpServer } from '../../src/mail/smtpServer.ts'

export type Received = {
  readonly from: string
  readonly to: readonly string[]
  readonly isEncrypted: boolean
  readonly user: string | undefined
  /** As it came over the wire. */
  readonly raw: string
}

export async function openServer(t: TestContext, options: SMTPServerOptions = {}, port = 0) {
  const received: Received[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          isEncrypted: session.secure,
          user: typeof session.user === 'string' ? session.user : undefined,
          raw: Buffer.concat(chunks).toString('utf8'),
        })
        done()
      })
    },
    ...options,
  })
  // A client that does not trust the certificate ends the handshake, which the server reports.
  server.on('error', () => undefined)
  const listening = server.listen(port, '127.0.0.1')
  if (!listening.listening) await once(listening, 'listening')
  const address: AddressInfo | string | null = listening.address()
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()))
  t.after(close)
  return { received, close, port: typeof address === 'object' ? (address?.port ?? 0) : 0 }
}

export function transportTo(
  t: TestContext,
  server: Partial<SmtpServer> & { readonly port: number },
) {
  const transport = smtpTransport({
    server: { host: '127.0.0.1', tls: 'none', credentials: undefined, ...server },
    from: { name: 'Press', address: 'press@press.example' },
    clientName: 'press.example',
  })
  t.after(() => transport.close())
  return transport
}

/** The header fields of a message, unfolded (RFC 5322 section 2.2.3), and what follows them. */
export function parsed(raw: string) {
  const end = raw.indexOf('\r\n\r\n')
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const fields = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  const header = (name: string): readonly string[] =>
    fields.filter(([one]) => one === name).map(([, value]) => value)
  return { names: fields.map(([name]) => name).sort(), header, body: raw.slice(end + 4) }
}

/** The parts of a multipart body, decoded, by media type. */
export function partsOf(raw: string): ReadonlyMap<string, string> {
  const { header, body } = parsed(raw)
  const [, boundary = ''] = /boundary="([^"]+)"/.exec(header('content-type')[0] ?? '') ?? []
  const parts = new Map<string, string>()
  for (const part of body.split(`--${boundary}`).slice(1, -1)) {
    const inner = parsed(part.replace(/^\r\n/, ''))
    const [type = ''] = (inner.header('content-type')[0] ?? '').split(';')
    parts.set(type, decoded(inner.body, inner.header('content-transfer-encoding')[0] ?? ''))
  }
  return parts
}

function decoded(text: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(text, 'base64').toString('utf8')
  if (encoding !== 'quoted-printable') return text
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number(`0x${hex}`)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
