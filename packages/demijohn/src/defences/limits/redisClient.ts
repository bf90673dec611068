/**
 * The connection to Redis or Valkey, made with `@redis/client`, which an application that shares its
 * limits installs beside Demijohn.
 *
 * Nothing waits in a queue while the connection is down: a command fails at once, and the client
 * connects again by itself, within a second. A connection on which nothing comes back for five
 * seconds is dead, whatever the kernel says.
 */
import { createClient } from '@redis/client'
import type { Clock } from '../../core/clock.ts'
import { Misconfiguration } from '../../core/misconfiguration.ts'
import { redisLimitStore } from './redis.ts'
import type { SharedLimits } from './shared.ts'

const connectMilliseconds = 2_000
const mostDelayMilliseconds = 1_000
const pingEveryMilliseconds = 1_000
const deadMilliseconds = 5_000
const mostCommandsWaiting = 10_000

/**
 * Counts limits in Redis or Valkey: `limits: { sharedStore: redisLimits }`. `url` is
 * `redis://user:password@host:port/number`, or `rediss:` over TLS; it is a secret. Does not wait for
 * the server: while there is none, each limit does what it declared.
 * @throws Misconfiguration for any other address.
 */
export function redisLimits(options: {
  readonly url: string
  readonly prefix?: string
  readonly clock?: Clock
}): SharedLimits {
  if (!/^rediss?:\/\//.test(options.url) || !URL.canParse(options.url)) {
    throw new Misconfiguration([
      'REDIS_URL is no address of a Redis; write redis://host:6379 or rediss://user:password@host:6379',
    ])
  }
  const client = createClient({
    url: options.url,
    disableOfflineQueue: true,
    disableClientInfo: true,
    commandsQueueMaxLength: mostCommandsWaiting,
    pingInterval: pingEveryMilliseconds,
    socket: {
      connectTimeout: connectMilliseconds,
      socketTimeout: deadMilliseconds,
      reconnectStrategy: (retries: number) => Math.min(50 * 2 ** retries, mostDelayMilliseconds),
    },
  })
  // What goes wrong is told by the commands that fail; without a listener it would end the process.
  client.on('error', () => undefined)
  // Rejects only where the client gives up, which its strategy above never does, or when it is closed.
  const connecting = client.connect().catch(() => undefined)
  return redisLimitStore({
    ...options,
    command: (args) => client.sendCommand([...args]),
    close: async () => {
      client.destroy()
      await connecting
    },
  })
}
