/** The attacked application behind a real socket, and a client that sends bytes as they stand. */
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { listen } from '../../src/serve/listen.ts'
import { testApp } from '../../src/testing/site.ts'
import { type Attacked, attackedProject } from './fixture.ts'

export type Wired = Attacked & {
  readonly port: number
  /** Everything that came back before the connection ended, or before `waitMilliseconds` passed. */
  readonly exchange: (bytes: string | Buffer, waitMilliseconds?: number) => Promise<string>
}

export async function wireAttacked(t: TestContext): Promise<Wired> {
  const { project, ...fixture } = attackedProject()
  const site = await testApp(project, { origin: 'loopback' })
  const listening = await listen(site.app, {
    host: '127.0.0.1',
    port: 0,
    stopWithinMilliseconds: 200,
  })
  t.after(async () => {
    await listening.stop()
    await site.close()
  })
  const { port } = listening.address
  const exchange = (bytes: string | Buffer, waitMilliseconds = 1_500): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      let received = ''
      const finish = (): void => {
        clearTimeout(timer)
        socket.destroy()
        resolve(received)
      }
      const timer = setTimeout(finish, waitMilliseconds)
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1')
      })
      socket.on('error', finish).on('close', finish)
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    })
  return { ...site, ...fixture, port, exchange }
}

/** The status lines of what came back, pipelined answers included. */
export function statusesOf(received: string): readonly number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((found) => Number(found[1]))
}
