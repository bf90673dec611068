/** A real SMTP server on this machine that keeps what it is given, and reads it as a person does. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'

export type Mail = {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Every address in either part. */
  readonly links: readonly string[]
}

export type Mailbox = {
  readonly port: number
  readonly all: () => readonly Mail[]
  /** The next mail to this address with this subject; each is given once. Waits for it. */
  readonly next: (to: string, subject: RegExp) => Promise<Mail>
  readonly close: () => Promise<void>
}

/** A mail waits for its turn a second at most, and longer on a busy machine. */
const patienceMilliseconds = 15_000

export async function openMailbox(): Promise<Mailbox> {
  const mails: Mail[] = []
  const taken = new Set<Mail>()
  const server = serverThatKeeps(mails)
  const listening = server.listen(0, '127.0.0.1')
  if (!listening.listening) await once(listening, 'listening')
  const address = listening.address()
  assert.ok(typeof address === 'object' && address !== null)
  const next = async (to: string, subject: RegExp): Promise<Mail> => {
    for (let waited = 0; waited < patienceMilliseconds; waited += 25) {
      const found = mails.find(
        (one) => !taken.has(one) && one.to === to && subject.test(one.subject),
      )
      if (found !== undefined) {
        taken.add(found)
        return found
      }
      await pause(25)
    }
    const others = mails.map((one) => `${one.to}: ${one.subject}`).join('\n')
    throw new Error(`no mail to ${to} with ${subject}; there are\n${others}`)
  }
  return {
    port: address.port,
    all: () => mails,
    next,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function serverThatKeeps(mails: Mail[]): SMTPServer {
  return new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address).join()
        mails.push(mailOf(to, Buffer.concat(chunks).toString('utf8')))
        done()
      })
    },
  })
}

/** Header fields, unfolded (RFC 5322 section 2.2.3), and what follows them. */
function entity(raw: string) {
  const end = raw.indexOf('\r\n\r\n')
  const fields = raw.slice(0, end).replace(/\r\n[ \t]+/g, ' ')
  const header = (name: string): string =>
    new RegExp(`^${name}: *(.*)$`, 'im').exec(fields)?.[1]?.trim() ?? ''
  return { header, body: raw.slice(end + 4) }
}

function mailOf(to: string, raw: string): Mail {
  const { header, body } = entity(raw)
  const boundary = /boundary="([^"]+)"/.exec(header('Content-Type'))?.[1]
  assert.ok(boundary !== undefined, 'a mail has two parts')
  const parts = body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => entity(part.replace(/^\r\n/, '')))
  const part = (type: string): string => {
    const found = parts.find((one) => one.header('Content-Type').startsWith(type))
    assert.ok(found !== undefined, `a part of ${type}`)
    return decoded(found.body, found.header('Content-Transfer-Encoding'))
  }
  const text = part('text/plain')
  const html = part('text/html')
  const links = [...`${text}\n${html}`.matchAll(/\bhttps?:\/\/[^\s"<>]+/g)].map(([link]) => link)
  return { to, subject: header('Subject'), text, html, links }
}

/** RFC 2045 section 6. */
function decoded(text: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(text, 'base64').toString('utf8')
  if (encoding !== 'quoted-printable') return text
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number(`0x${hex}`)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
