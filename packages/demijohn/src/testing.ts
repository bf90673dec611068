/** For tests of applications: `import { testApp } from 'demijohn/testing'`. */
export { manualClock } from './core/clock.ts'
export type { RawRequest, TestClient, TestReply } from './testing/client.ts'
export { type FoundForm, findForms } from './testing/forms.ts'
export { documentProblems, type Exchange, type ValidateSchema } from './testing/openApi.ts'
export {
  type SignedInClient,
  type TestMail,
  type TestSite,
  type TestSiteOptions,
  testApp,
} from './testing/site.ts'
