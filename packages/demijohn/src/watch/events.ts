/**
 * Names of security events, from the OWASP Application Logging Vocabulary. The list is closed: a new
 * event is a name from the vocabulary, added here (ASVS 16.2.4).
 */
export const eventLevels = {
  authn_login_success: 'info',
  authn_login_fail: 'warn',
  authn_login_fail_max: 'warn',
  authn_password_change: 'info',
  authn_password_change_fail: 'error',
  authn_token_created: 'info',
  authn_token_revoked: 'info',
  authn_token_reuse: 'error',
  authz_fail: 'warn',
  authz_change: 'warn',
  authz_admin: 'warn',
  excess_rate_limit_exceeded: 'warn',
  input_validation_fail: 'warn',
  malicious_excess_404: 'info',
  malicious_extraneous: 'warn',
  malicious_csrf: 'warn',
  malicious_cors: 'warn',
  malicious_csp_violation: 'warn',
  malicious_direct_reference: 'info',
  session_created: 'info',
  session_logout: 'info',
  sys_startup: 'info',
  sys_shutdown: 'info',
  sys_crash: 'error',
  user_created: 'warn',
  user_updated: 'warn',
  user_deleted: 'warn',
  privilege_permissions_changed: 'warn',
} as const satisfies Record<string, 'info' | 'warn' | 'error'>

export type SecurityEvent = keyof typeof eventLevels

export function isSecurityEvent(name: string): name is SecurityEvent {
  return Object.hasOwn(eventLevels, name)
}
