/**
 * A forgotten password.
 *
 * Stops a request from telling whether there is an account (same page, same rows written; see
 * mailing.ts), mail to an address that was typed and only looks like the stored one (CVE-2019-19844),
 * a flood of mails, somebody who asks so often that the owner gets no link (quota.ts), and a reset that leads around a second factor (choosePassword.ts).
 * Does not stop whoever reads the mailbox, but for the second factor.
 */
import { email } from '../../../html/fields.ts'
import { anyone } from '../../../pipeline/kit.ts'
import { sendsMail } from '../../../pipeline/mailControl.ts'
import { perBrowser } from '../allowance.ts'
import { type AccountRoutes, type AccountsContext, show, storeAt } from '../context.ts'
import { emailKeyOf, findByEmail } from '../data.ts'
import { findKnownDevice } from '../devices/devices.ts'
import { mailLink, noMail } from './mailing.ts'
import { newPasswordRoute } from './newPassword.ts'
import { linkMinutes, resetPurpose } from './purposes.ts'
import { linkEvent, spendMail } from './quota.ts'

export function resetRoutes(routes: AccountRoutes, context: AccountsContext): void {
  askRoute(routes, context)
  newPasswordRoute(routes, context, {
    ...{ path: '/reset/:secret', purpose: resetPurpose, page: context.pages.reset },
    ...{ again: '/reset', isNewAccount: false, isEmailRead: true, methods: ['link'] },
    notice: 'Your password is changed, and you are signed in. Other devices are signed out.',
  })
}

function askRoute(routes: AccountRoutes, context: AccountsContext): void {
  const { pages, mails, siteName } = context
  routes.form('/reset', {
    access: anyone,
    fields: { email: email({ label: 'Email address' }) },
    limit: perBrowser(20, 'hour'),
    page: ({ form, view }) => show(context, view, pages.resetRequest({ form, view, siteName })),
    submit: async ({ values, view, db, now, mail, device, record, fail }) => {
      if (!sendsMail(mail)) return fail({ '': noMail })
      const store = storeAt(db, now)
      const emailKey = emailKeyOf(values.email)
      const knownDeviceId = await findKnownDevice(store, { emailKey, deviceId: device.id })
      const spent = { kind: resetPurpose, address: values.email, knownDeviceId }
      const mayGo = await spendMail(store, spent)
      const account = await findByEmail(store, values.email)
      const reached = mayGo && account?.suspendedAt === null ? account : undefined
      const ticket = { purpose: resetPurpose, ttlMinutes: linkMinutes.reset }
      await mailLink(store, mail, {
        // Or anybody could void the link that its owner is about to open.
        older: 'stay',
        to: reached?.email ?? null,
        ticket: reached ? { ...ticket, accountId: reached.id, email: reached.email } : null,
        write: (secret) => mails.reset({ siteName, path: `/reset/${secret}` }),
      })
      const event = linkEvent({ mayGo, isMade: reached !== undefined })
      record(event, { userId: account?.id, purpose: resetPurpose })
      return show(context, view, pages.resetSent({ view, siteName, email: values.email }))
    },
  })
}
