/**
 * The texts of Content-Security-Policy (CSP Level 3, Trusted Types) and Permissions-Policy.
 *
 * The policy is the second wall behind the templates: script that got into a page does not run, is
 * not sent anywhere, and cannot move forms or the base address. `object-src` follows from
 * `default-src` and is written out because ASVS 3.4.3 names it. `data:` images are not let in.
 */
import type { CheckedHeaderOptions } from './options.ts'

/** The name under which Reporting-Endpoints declares where reports go. */
export const reportGroup = 'reports'

/** The policy of a page. With a nonce, the inline script and style that bear it are let in too. */
export function pagePolicy(options: CheckedHeaderOptions, nonce: string | undefined): string {
  const inline = nonce === undefined ? '' : ` 'nonce-${nonce}'`
  return [
    "default-src 'none'",
    `script-src 'self'${inline}`,
    `style-src 'self'${inline}`,
    ["img-src 'self'", ...options.imageSources].join(' '),
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    `report-uri ${options.reportPath}`,
    `report-to ${reportGroup}`,
  ].join('; ')
}

/**
 * The policy of what is not a page: files and data. Opened by themselves they are sandboxed, so
 * that an SVG or a mistaken type runs nothing (ASVS 3.2.1). Ignored where they are embedded.
 */
export function resourcePolicy(options: CheckedHeaderOptions): string {
  return [
    "default-src 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
    'sandbox',
    `report-uri ${options.reportPath}`,
  ].join('; ')
}

/**
 * Every feature that Chromium 156 puts under Permissions-Policy, and `bluetooth` and `web-share`,
 * which it has on some systems only. Client hints are left out: they grant no ability.
 */
const features = `
  accelerometer aria-notify autoplay bluetooth browsing-topics camera captured-surface-control
  clipboard-read clipboard-write compute-pressure cross-origin-isolated deferred-fetch
  deferred-fetch-minimal digital-credentials-create digital-credentials-get display-capture
  encrypted-media fullscreen gamepad geolocation gyroscope hid identity-credentials-get
  idle-detection interest-cohort keyboard-map language-detector language-model local-fonts local-network
  local-network-access loopback-network magnetometer media-playback-while-not-visible microphone
  midi on-device-speech-recognition otp-credentials payment picture-in-picture
  private-state-token-issuance private-state-token-redemption publickey-credentials-create
  publickey-credentials-get screen-wake-lock serial speaker-selection storage-access summarizer
  sync-xhr translator unload usb web-share window-management xr-spatial-tracking
`

/** Passkeys: what the accounts blueprint asks for on pages of its own; frames may not. */
const own: ReadonlySet<string> = new Set([
  'publickey-credentials-create',
  'publickey-credentials-get',
])

/** Closes every feature, for the page itself and for all frames in it, but for passkeys here. */
export const permissionsPolicy: string = features
  .trim()
  .split(/\s+/)
  .map((feature) => `${feature}=${own.has(feature) ? '(self)' : '()'}`)
  .join(', ')
