/** The device authorization grant (RFC 8628), and new tokens for old ones (RFC 6749 section 6). */
import { setTimeout as wait } from 'node:timers/promises'
import { styleText } from 'node:util'
import { Problem, send } from './api.ts'
import { forgetSession, readSession, type Session, writeSession } from './session.ts'

const clientId = 'press-cli'
const scopes = 'post:read post:write post:edit comment:write'

type Begun = {
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri: string
  readonly interval?: number
}
type Issued = {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
}

export async function login(site: string): Promise<void> {
  const { protocol, hostname } = new URL(site)
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  if (protocol !== 'https:' && !isHere) {
    const detail = 'Everybody on the way could read the token: use https.'
    throw new Problem({ title: `${site} is not encrypted`, detail })
  }
  const begun = await post<Begun>(site, '/oauth/device_authorization', { scope: scopes })
  console.log(`Open ${styleText('bold', begun.verification_uri)} in a browser, and type`)
  console.log(`\n    ${styleText('bold', begun.user_code)}\n`)
  console.log('Waiting …')
  const session = await approved(site, begun, (begun.interval ?? 5) * 1_000)
  writeSession(session)
  console.log('Signed in.')
}

/** Asks until somebody has decided. */
async function approved(site: string, begun: Begun, everyMilliseconds: number): Promise<Session> {
  await wait(everyMilliseconds)
  try {
    return await tokens(site, {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: begun.device_code,
    })
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem
    if (problem.code === 'authorization_pending') return approved(site, begun, everyMilliseconds)
    if (problem.code === 'slow_down') return approved(site, begun, everyMilliseconds + 5_000)
    throw problem
  }
}

/** The session with a token that works for half a minute more at least. */
export async function refreshed(session: Session): Promise<Session> {
  if (session.expiresAt > Date.now() + 30_000) return session
  const facts = { grant_type: 'refresh_token', refresh_token: session.refreshToken }
  const next = await tokens(session.site, facts)
  // At once: the old one has been used, and used twice it ends everything.
  writeSession(next)
  return next
}

export async function logout(): Promise<void> {
  const { site, refreshToken } = readSession()
  await post(site, '/oauth/revoke', { token: refreshToken })
  forgetSession()
  console.log('Signed out.')
}

async function tokens(site: string, facts: Readonly<Record<string, string>>): Promise<Session> {
  const issued = await post<Issued>(site, '/oauth/token', facts)
  return {
    site,
    accessToken: issued.access_token,
    refreshToken: issued.refresh_token,
    expiresAt: Date.now() + issued.expires_in * 1_000,
  }
}

async function post<Answer>(
  site: string,
  path: string,
  facts: Readonly<Record<string, string>>,
): Promise<Answer> {
  const body = new URLSearchParams({ client_id: clientId, ...facts })
  const answer = await send(`${site}${path}`, { method: 'POST', body })
  return answer as Answer
}
