/** The blueprint of tokens: `demijohn/tokens`. */
export { type TokensOptions, tokens } from './blueprints/tokens/routes.ts'
export type { TokenChoices, TokenClient } from './defences/tokens/options.ts'
