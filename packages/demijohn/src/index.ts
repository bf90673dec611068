/** Demijohn: what an application imports. */
export { type Clock, manualClock, systemClock } from './core/clock.ts'
export { createId, type Id, parseId } from './core/ids.ts'
export { Misconfiguration } from './core/misconfiguration.ts'
export { type RefusalCode, refusalTable } from './core/refusals.ts'
export type { Migration, MigrationDatabase, MigrationSet } from './data/migrations.ts'
export { openSqlite } from './data/sqlite.ts'
export type { DemijohnTables } from './data/tables.ts'
export { defineRoles } from './defences/access/roles.ts'
export { cursor, cursorOf } from './defences/input/cursor.ts'
export { id, pageNumber, pageSize, searchText, slug } from './defences/input/schemas.ts'
export type { KeyedLimit, Limit, SiteLimits } from './defences/limits/options.ts'
export { decoy } from './html/decoy.ts'
export {
  checkbox,
  choice,
  email,
  type Field,
  hidden,
  integer,
  password,
  search,
  text,
  textarea,
} from './html/fields.ts'
export { type Fields, type FormView, formView, type Values } from './html/form.ts'
export { personName } from './html/personName.ts'
export { sanitise } from './html/sanitise.ts'
export { absent, type Hole, Html, html, json, markupText, prerender } from './html/template.ts'
export { type MailContent, MailProblem } from './mail/message.ts'
export { type Answer, atomFeed, download, notFound, page, redirect } from './pipeline/answer.ts'
export {
  type ApiReply,
  changedMeanwhile,
  conflict,
  created,
  noContent,
  ok,
} from './pipeline/api/answers.ts'
export { type Api, type ApiOptions, nothing } from './pipeline/api/types.ts'
export { type Blueprint, type Kit, type KitTypes, kit } from './pipeline/kit.ts'
export type { ErrorPageFacts } from './pipeline/parts.ts'
export type { LoadFacts, Person, Reader, View } from './pipeline/route.ts'
export { type Application, createApplication, type Project } from './serve/application.ts'
export { start } from './serve/start.ts'
export { type LocalPath, parseLocalPath } from './web/localPath.ts'
