/** What people may change about themselves. */
import { notFound, personName, redirect, textarea } from 'demijohn'
import { blueprint, signedIn } from '../kit.ts'
import { readProfile, saveProfile } from './profile.ts'
import { profilePage } from './views.ts'

export const settings = blueprint('/settings')

settings.form('', {
  access: signedIn,
  limit: '60 per hour',
  load: async ({ user, db }) => (user === null ? null : readProfile(user, db)),
  fields: {
    name: personName({ label: 'Name', max: 80 }),
    bio: textarea({
      label: 'About you',
      hint: 'Up to 1,000 characters. Markdown works.',
      max: 1_000,
      optional: true,
    }),
  },
  initial: ({ resource }) => resource,
  page: ({ user, view, form }) => profilePage({ view, personId: user.id, form }),
  submit: async ({ user, values, session, record }) => {
    let saved = false
    await session.accountChanged(user.id, {
      alongside: async (db) => {
        saved = await saveProfile(user, db, values)
      },
    })
    if (!saved) return notFound()
    record('user_updated', { targetId: user.id, changed: 'profile' })
    return redirect('/settings', { notice: 'Your profile is saved.' })
  },
})
