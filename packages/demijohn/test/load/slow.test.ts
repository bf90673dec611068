/**
 * A thousand connections that trickle in headers or bodies, by slowhttptest, while an ordinary client
 * is served: with the numbers that a real site has, but for the time that a whole request may take.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { listen, type ServerLimits } from '../../src/serve/listen.ts'
import { testApp } from '../../src/testing/site.ts'
import { parseNetworks } from '../../src/web/client.ts'
import { attackedProject } from '../attacks/fixture.ts'

const isThere = spawnSync('slowhttptest', ['-h']).error === undefined
const skip = isThere ? false : 'slowhttptest is not installed'
const attacker = '127.0.0.1'
const seconds = 16

async function openSite(
  t: TestContext,
  unlimited: readonly string[],
  limits: Partial<ServerLimits>,
) {
  const site = await testApp(attackedProject().project, { origin: 'loopback' })
  const where = { host: '127.0.0.1', port: 0, unlimited: parseNetworks(unlimited), limits }
  const listening = await listen(site.app, where)
  t.after(async () => {
    await listening.stop()
    await site.close()
  })
  return { app: site.app, port: listening.address.port }
}

/** One request on a connection of its own, from another address: its status, or what went wrong. */
function ask(port: number): Promise<string> {
  return new Promise((resolve) => {
    const how = { port, host: '127.0.0.1', localAddress: '127.0.0.2', path: '/', agent: false }
    request({ ...how, headers: { host: `127.0.0.1:${port}` }, timeout: 5_000 }, (response) => {
      response.resume()
      response.on('end', () => resolve(String(response.statusCode)))
    })
      .on('timeout', () => resolve('no answer'))
      .on('error', (error) => resolve(error.message))
      .end()
  })
}

type Attack = {
  readonly mostConnected: number
  readonly end: string
  readonly answers: readonly string[]
}

/** Runs slowhttptest, and asks ten times a second meanwhile. */
async function attack(port: number, how: readonly string[], path: string): Promise<Attack> {
  const url = `http://${attacker}:${port}${path}`
  const common = [
    '-c',
    '1000',
    '-r',
    '1000',
    '-i',
    '2',
    '-l',
    String(seconds),
    '-p',
    '5',
    '-u',
    url,
  ]
  const child = spawn('slowhttptest', [...how, ...common], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  let isOver = false
  const ended = once(child, 'close').then(() => {
    isOver = true
  })
  const answers: string[] = []
  while (!isOver) {
    answers.push(await ask(port))
    await pause(100)
  }
  await ended
  const numbers = (name: string): readonly number[] =>
    [...stripVTControlCharacters(said).matchAll(new RegExp(`${name}:\\s+(\\d+)`, 'g'))].map(
      ([, number]) => Number(number),
    )
  return {
    mostConnected: Math.max(...numbers('connected')),
    end: /Exit status:\s+(.*)/.exec(stripVTControlCharacters(said))?.[1] ?? said,
    answers,
  }
}

function assertServed({ answers }: Attack): void {
  assert.ok(answers.length > seconds, String(answers.length))
  assert.deepEqual([...new Set(answers)], ['200'])
}

test('[asvs 15.2.2] slow: a thousand connections whose headers trickle in', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const { app, port } = await openSite(t, [attacker], {})
  const seen = await attack(port, ['-H'], '/')
  assert.ok(seen.mostConnected > 900, `${seen.mostConnected} were open at once`)
  assertServed(seen)
  assert.equal(seen.end, 'No open connections left', 'each was ended')
  assert.equal(app.inFlight(), 0)
})

test('[asvs 15.2.2] slow: a thousand connections whose bodies trickle in', {
  skip,
  timeout: 120_000,
}, async (t) => {
  // A real site gives a request 30 s: that much longer, and with the same outcome.
  const { app, port } = await openSite(t, [attacker], { requestTimeoutMilliseconds: 10_000 })
  const seen = await attack(port, ['-B', '-s', '8192', '-x', '10'], '/contact')
  assert.ok(seen.mostConnected > 900, `${seen.mostConnected} were open at once`)
  assertServed(seen)
  assert.equal(seen.end, 'No open connections left', 'each was ended')
  assert.equal(app.inFlight(), 0)
})

test('[asvs 15.2.2] slow: from one address, all but 256 are closed at once', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const { port } = await openSite(t, [], {})
  const seen = await attack(port, ['-H'], '/')
  assert.ok(seen.mostConnected <= 300, `${seen.mostConnected} were open at once`)
  assertServed(seen)
})
