/** The page that a challenged request gets, in place of what it asked for. */
import { challengePage, takeAnswer } from '../defences/sentinel/page.ts'
import type { Html } from '../html/template.ts'
import type { Arrival, Parts, WithClient, WithHead } from './parts.ts'
import type { SentinelParts } from './steps/sentinel.ts'

type Known = Partial<Arrival & WithHead & WithClient>

/** Undefined before it is known who asks, and for what: there is nothing to lead to. */
export function challengeOf(
  parts: Pick<Parts, 'table' | 'asset'> & { readonly sentinel: SentinelParts },
  { wire, head, clientAddress, now }: Known,
): Html | undefined {
  if (wire === undefined || head === undefined) return undefined
  if (clientAddress === undefined || now === undefined) return undefined
  const wasForm = head.method !== 'GET' && head.method !== 'HEAD'
  return challengePage({
    ...parts.sentinel.sentinel.challengeOf(clientAddress, now),
    target: wasForm ? pageOfForm(parts.table, head.path) : withoutAnswer(wire.target),
    script: parts.asset('demijohn/challenge.js'),
    stylesheet: parts.asset('demijohn/notice.css'),
    wasForm,
  })
}

/** A form's page has its path, as a rule; where it has none, the site has a front page. */
function pageOfForm(table: Parts['table'], path: string): string {
  const found = table.match('GET', path)
  return found === undefined || 'allow' in found ? '/' : encodeURI(path)
}

/** As it was asked for, still encoded: hygiene has found it to be an unambiguous path of this site. */
export function withoutAnswer(target: string): string {
  const mark = target.indexOf('?')
  if (mark === -1) return target
  const { rest } = takeAnswer(target.slice(mark + 1))
  return rest === '' ? target.slice(0, mark) : `${target.slice(0, mark)}?${rest}`
}
