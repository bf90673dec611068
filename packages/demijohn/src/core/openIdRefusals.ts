/** Refusals of signing in with a provider: rows of the table in `refusals.ts`, which says what they are. */
export const openIdRefusals = {
  'openid.flow': {
    status: 400,
    title: 'This sign-in cannot be completed',
    remedy:
      'It was begun in another browser, more than ten minutes ago, or has been completed before. Start again from the sign-in page.',
    event: 'malicious_csrf',
  },
  'openid.declined': {
    status: 403,
    title: 'You were not signed in',
    remedy: 'The other site did not confirm who you are. Start again, or sign in in another way.',
    event: 'authn_login_fail',
  },
  'openid.answer': {
    status: 403,
    title: 'The answer of the other site was not accepted',
    remedy: 'Start again from the sign-in page, or sign in in another way.',
    event: 'authn_login_fail',
  },
  'openid.unavailable': {
    status: 503,
    title: 'The other site cannot be reached',
    remedy: 'Try again in a few seconds, or sign in in another way. Nothing was changed.',
    event: 'authn_login_fail',
  },
} as const
