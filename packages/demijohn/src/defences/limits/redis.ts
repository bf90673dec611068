/**
 * Limits that several processes share, in Redis or Valkey: one script, one round trip, however many
 * limits a route has.
 *
 * The script is the rule of `decide.ts` over the same whole numbers, so both stores give the same
 * answers; it looks at all limits before it writes any. It is sent by its SHA-1 and in full where the
 * server does not know it yet. Keys are SHA-256 of route, limit and client behind a prefix: of one
 * length whatever a client sends, but no secret, for addresses can be tried. Each carries the time
 * after which it means nothing, so nothing stays for ever.
 *
 * Time is the server's own, the one clock that all processes have in common. A clock that is passed
 * in takes its place, for tests; keys live a minute longer then, since the server's time may run ahead.
 *
 * One server, or one behind a proxy; a cluster may keep the keys of one route in several places, which
 * one script cannot reach. Trusts the server: whoever can write to it can lift every limit.
 */
import { hash } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import { decideLimit, intervalParts, partsOfMillisecond } from './decide.ts'
import type { LimitPlan, LimitVerdict } from './plan.ts'
import { redisJournal } from './redisJournal.ts'
import type { SharedLimits } from './shared.ts'
import { verdictOf } from './verdict.ts'

/** Sends one command and gives its reply, or rejects. */
export type RedisCommand = (args: readonly string[]) => Promise<unknown>

/** KEYS: one for each limit. ARGV: now or `server`, then interval and burst of each, all in parts. */
const script = `
local now, grace = tonumber(ARGV[1]), 60000
if now == nil then
  grace = 1
  local time = redis.call('TIME')
  now = time[1] * 1024000 + math.floor(time[2] * 1024 / 1000)
end
local stored = redis.call('MGET', unpack(KEYS))
local after, reply, allowed = {}, { '1', string.format('%.0f', now) }, true
for i = 1, #KEYS do
  local before = tonumber(stored[i] or '0')
  after[i] = math.max(before, now) + tonumber(ARGV[2 * i])
  if after[i] - tonumber(ARGV[2 * i + 1]) > now then allowed = false end
  reply[i + 2] = string.format('%.0f', before)
end
if not allowed then
  reply[1] = '0'
  return reply
end
for i = 1, #KEYS do
  local keep = math.ceil((after[i] - now) / 1024) + grace
  redis.call('SET', KEYS[i], string.format('%.0f', after[i]), 'PX', string.format('%.0f', keep))
end
return reply`
const scriptSha = hash('sha1', script, 'hex')

export function redisLimitStore(deps: {
  readonly command: RedisCommand
  readonly close?: () => Promise<void>
  /** Stands before every key; `demijohn:limit:` when left out. */
  readonly prefix?: string
  /** In the place of the server's own time. */
  readonly clock?: Clock
}): SharedLimits {
  const { command, clock, prefix = 'demijohn:limit:' } = deps

  async function run(args: readonly string[]): Promise<unknown> {
    try {
      return await command(['EVALSHA', scriptSha, ...args])
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return command(['EVAL', script, ...args])
    }
  }

  return {
    async take(plan, key, ownKeys) {
      const args = [String(plan.limits.length)]
      for (const [at, { name }] of plan.limits.entries()) {
        args.push(
          prefix + hash('sha256', `${plan.id}\n${name}\n${ownKeys?.[at] ?? key}`, 'base64url'),
        )
      }
      args.push(clock === undefined ? 'server' : String(clock.now() * partsOfMillisecond))
      args.push(...rates(plan))
      return readReply(plan, await run(args))
    },
    async ping() {
      await command(['PING'])
    },
    journal: (name) => redisJournal({ command, key: `${prefix}journal:${name}` }),
    close: deps.close ?? (async () => undefined),
  }
}

const known = new WeakMap<LimitPlan, readonly string[]>()

/** Interval and burst of each limit, in parts of a millisecond. */
function rates(plan: LimitPlan): readonly string[] {
  const texts =
    known.get(plan) ??
    plan.limits.flatMap((limit) => {
      const interval = intervalParts(limit)
      return [String(interval), String(interval * limit.requests)]
    })
  known.set(plan, texts)
  return texts
}

/** Whether it allowed, the time it was, and what was stored before: the same rule says the rest. */
function readReply(plan: LimitPlan, reply: unknown): LimitVerdict {
  const numbers = Array.isArray(reply) ? reply.map(Number) : []
  const [allowed, nowParts, ...stored] = numbers
  if (
    nowParts === undefined ||
    stored.length !== plan.limits.length ||
    numbers.some(Number.isNaN)
  ) {
    throw new TypeError('limits: the shared store gave no answer that can be read')
  }
  const decisions = plan.limits.map((limit, at) =>
    decideLimit(limit, (stored[at] ?? 0) / partsOfMillisecond, nowParts / partsOfMillisecond),
  )
  const verdict = verdictOf(plan, decisions)
  if (verdict.allowed !== (allowed === 1)) {
    throw new TypeError('limits: the shared store follows another rule')
  }
  return verdict
}
