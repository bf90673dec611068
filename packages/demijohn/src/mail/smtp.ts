/**
 * Delivery over SMTP (RFC 5321) by nodemailer: composing MIME and speaking to the server are its part;
 * who gets what was decided before. It reads `a@x,b@y` and text behind a line break as further
 * recipients (CVE-2022-31127), so address and subject are judged here once more: a row of the database
 * may have been written by something else.
 *
 * Encryption is demanded, certificates are always checked, and no part of a mail is read from a file
 * or an address. Does not sign (DKIM): the server of the sender's domain does that.
 */
import { createTransport } from 'nodemailer'
import { MailProblem, maxSubjectCharacters, requireAddress, requireLine } from './message.ts'
import { retryLimits } from './retry.ts'
import type { Sender, SmtpServer } from './smtpServer.ts'
import type { Delivery, Letter, MailTransport } from './worker.ts'

/** A connection for each mail: they are few, and none is kept open for somebody to time out. */
export function smtpTransport(deps: {
  readonly server: SmtpServer
  readonly from: Sender
  /** The name that is said to the server: the site's own host. */
  readonly clientName: string
}): MailTransport {
  const { server, from, clientName } = deps
  const { credentials } = server
  const mailer = createTransport({
    host: server.host,
    port: server.port,
    name: clientName,
    secure: server.tls === 'from-the-start',
    requireTLS: server.tls === 'starttls',
    ignoreTLS: server.tls === 'none',
    tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    dnsTimeout: 10_000,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(credentials && { auth: { user: credentials.user, pass: credentials.password() } }),
  })

  async function deliver(letter: Letter): Promise<Delivery> {
    const { to, subject, text, html, messageId, createdAt } = letter
    if (!isFit(letter)) return { outcome: 'refused', problem: 'unfit' }
    try {
      await mailer.sendMail({
        envelope: { from: from.address, to: [to] },
        from: { name: from.name, address: from.address },
        to: { name: '', address: to },
        subject,
        text,
        html,
        messageId: `<${messageId}>`,
        date: new Date(createdAt),
        // RFC 3834: so that no absence note answers.
        headers: { 'Auto-Submitted': 'auto-generated' },
        xMailer: false,
        signal: AbortSignal.timeout(retryLimits.deliveryMilliseconds),
      })
      return { outcome: 'accepted' }
    } catch (error) {
      return deliveryOf(error)
    }
  }

  return Object.freeze({ deliver, close: () => mailer.close() })
}

function isFit({ to, subject, messageId }: Letter): boolean {
  try {
    requireAddress(to)
    requireLine('subject', subject, maxSubjectCharacters)
  } catch (error) {
    if (error instanceof MailProblem) return false
    throw error
  }
  return /^[0-9a-z.@-]{3,300}$/.test(messageId)
}

/** What of nodemailer's errors decides. */
type SmtpError = {
  readonly code: string
  readonly responseCode: number | undefined
  readonly command: string | undefined
}

function deliveryOf(error: unknown): Delivery {
  const known = smtpError(error)
  if (known === undefined) throw error
  const { code, responseCode = 0, command } = known
  const problem = responseCode === 0 ? code : `${code} ${responseCode}`
  const isAboutThisMail = command === 'RCPT TO' || command === 'DATA'
  // Refused at sign-in or as a sender, a mail can still go once the settings are right.
  if (isAboutThisMail && responseCode >= 500) return { outcome: 'refused', problem }
  return {
    outcome: 'failed',
    problem,
    // 421 closes the connection, whatever it answers (RFC 5321 section 3.8).
    isAboutThisMail: isAboutThisMail && responseCode !== 0 && responseCode !== 421,
  }
}

/** Undefined for what is no error of the network or the server, but a fault of ours. */
function smtpError(error: unknown): SmtpError | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') {
    return undefined
  }
  const { code } = error
  if (code === 'ECONFIG') return undefined
  const responseCode = 'responseCode' in error ? error.responseCode : undefined
  const command = 'command' in error ? error.command : undefined
  return {
    code,
    responseCode: typeof responseCode === 'number' ? responseCode : undefined,
    command: typeof command === 'string' ? command : undefined,
  }
}
