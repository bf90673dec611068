/** Signing in with a provider of OpenID Connect: `demijohn/openid`. Needs `openid-client` installed. */
export { openIdProvider } from './defences/openid/client.ts'
export type { OpenIdOptions } from './defences/openid/options.ts'
export type { OpenIdProvider } from './defences/openid/types.ts'
export { openIdClientSecret } from './secrets/openIdSecret.ts'
