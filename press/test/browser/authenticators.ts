/** What a person has beside the password: an app that shows codes, a device that keeps passkeys. */
import { createHmac } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'

const stepMilliseconds = 30_000
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 section 6, without padding; blanks are for the eye. */
function bytesOf(text: string): Buffer {
  const bits = Array.from(text.replaceAll(' ', ''), (letter) =>
    base32.indexOf(letter).toString(2).padStart(5, '0'),
  ).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** RFC 6238 over RFC 4226 section 5.3: HMAC-SHA-1, six digits. */
function codeOf(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeUInt32BE(step, 4)
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff
  return String(number % 1_000_000).padStart(6, '0')
}

export type App = {
  /** As the page showed it. */
  readonly secret: string
  /**
   * A code that is good now and was not given before. A site takes each step once, and those just
   * before and after the present one (RFC 6238 section 5.2): three codes at once, then it waits.
   */
  readonly code: () => Promise<string>
}

export function appWith(secret: string): App {
  const key = bytesOf(secret)
  let last = 0
  const code = async (): Promise<string> => {
    const now = Date.now()
    const present = Math.floor(now / stepMilliseconds)
    // Not the step before when it is about to be the one before that.
    const hasTime = stepMilliseconds - (now % stepMilliseconds) > 8_000
    const step = Math.max(last + 1, hasTime ? present - 1 : present)
    if (step > present + 1) {
      await pause((step - 1) * stepMilliseconds - now + 50)
    }
    last = step
    return codeOf(key, step)
  }
  return { secret, code }
}

export type Device = {
  /** Whether somebody is at the device and says yes at once. */
  readonly present: (isPresent: boolean) => Promise<void>
}

/**
 * A platform authenticator that recognises its owner. Nobody is present at first: with somebody there
 * Chromium would pick a passkey from the list of the address field as soon as the page of the
 * sign-in is open.
 */
export async function deviceOf(page: Page): Promise<Device> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal' },
      ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
      automaticPresenceSimulation: false,
    },
  })
  return {
    present: async (enabled) => {
      await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
    },
  }
}
