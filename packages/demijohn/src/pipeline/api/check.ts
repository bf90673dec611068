/** What can be wrong with a route for programs, found at start. */
import type { RouteRecord } from '../route.ts'
import { shapesOf } from './shapes.ts'

export function apiProblems(at: string, record: RouteRecord): readonly string[] {
  const { api } = record
  if (api === undefined) return []
  const problems = [...shapesOf(api).problems.map((problem) => `${at}: ${problem}`)]
  if (['half-signed-in', 'enrolling'].includes(record.access?.kind)) {
    problems.push(`${at}: a token is never half signed in; say anyone, signedIn or may('…')`)
  }
  if (record.method === 'GET' && api.json !== undefined) {
    problems.push(`${at}: a GET has no body (RFC 9110 section 9.3.1); use the query or POST`)
  }
  if (api.version !== undefined && record.load === undefined) {
    problems.push(`${at}: a version is that of the loaded resource; give a load`)
  }
  if (api.idempotency !== undefined && record.method !== 'POST' && record.method !== 'PATCH') {
    problems.push(
      `${at}: idempotency is for POST and PATCH; ${record.method} is idempotent by itself`,
    )
  }
  if (api.idempotency !== undefined && record.access?.kind === 'anyone') {
    // Strangers behind one address are one principal: one of them would be shown another's answer.
    problems.push(`${at}: idempotency is for those who are known; ask for somebody with access`)
  }
  if (typeof api.summary !== 'string' || api.summary.trim() === '') {
    problems.push(`${at}: summary is missing; say in one line what it does`)
  }
  return problems
}
