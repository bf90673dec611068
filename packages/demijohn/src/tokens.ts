/** The blueprint of tokens, and tokens of other issuers: `demijohn/tokens`. */
export { type TokensOptions, tokens } from './blueprints/tokens/routes.ts'
export type { TokenChoices, TokenClient } from './defences/tokens/options.ts'
export { type OutsideIssuer, outsideIssuer } from './defences/tokens/store/outside.ts'
