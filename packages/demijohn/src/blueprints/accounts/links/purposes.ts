/** What the one-time links are for, and for how long. */

/** The first administrator's, printed at start. */
export const setupPurpose = 'setup'
/** Made by an administrator for an account that has no password. */
export const welcomePurpose = 'welcome'
export const registrationPurpose = 'registration'
export const invitationPurpose = 'invitation'
export const resetPurpose = 'reset'
export const emailConfirmPurpose = 'email-confirm'
export const emailUndoPurpose = 'email-undo'
/** Leads nowhere: written and erased where a mail is not sent, so that it takes as long. */
export const nowherePurpose = 'nowhere'

const minutesADay = 24 * 60

export const linkMinutes = Object.freeze({
  /** NIST SP 800-63B section 4.2.2.3 allows a day; long enough to wait for slow mail (greylisting). */
  registration: 60,
  invitation: 7 * minutesADay,
  reset: 15,
  emailConfirm: 60,
  /** Somebody whose account was taken may be on holiday. */
  emailUndo: 7 * minutesADay,
})

/** Mails of one kind to one address; beyond that none is sent, and nobody is told. */
export const mailsAtOnce = 2
/** Less than a reset link lasts, so that there is always one that works, or another to be had. */
export const minutesBetweenMails = 12
