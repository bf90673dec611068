/**
 * A load generator for one kind of request over kept-alive connections, in a process of its own.
 * Small on purpose: it has to be faster than what it measures, so it only counts complete answers.
 *
 * node bench/load.ts <port> <connections> <seconds> <file with the requests as JSON strings>
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'

const [port = '', connections = '', seconds = '', file = ''] = process.argv.slice(2)
const requests: readonly string[] = JSON.parse(readFileSync(file, 'utf8'))
const bytes = requests.map((request) => Buffer.from(request))
const endAt = performance.now() + Number(seconds) * 1000
const headEnd = Buffer.from('\r\n\r\n')

let answered = 0
let failed = 0
let next = 0

function open(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1')
    let pending = Buffer.alloc(0)
    let wanted = -1
    const send = (): void => {
      const request = bytes[next % bytes.length]
      next += 1
      if (request !== undefined) socket.write(request)
    }
    socket.on('connect', send)
    socket.on('error', () => {
      failed += 1
      resolve()
    })
    socket.on('close', () => resolve())
    socket.on('data', (chunk) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
      if (wanted < 0) {
        const end = pending.indexOf(headEnd)
        if (end < 0) return
        const head = pending.toString('latin1', 0, end)
        if (!head.startsWith('HTTP/1.1 200')) failed += 1
        wanted = end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      }
      if (pending.length < wanted) return
      pending = Buffer.alloc(0)
      wanted = -1
      answered += 1
      if (performance.now() < endAt) send()
      else socket.end()
    })
  })
}

/**
 * Keeps this process awake on its core. Where it may sleep, each answer of a server that it waits for
 * has to wake it first, and on a virtual machine that interrupt costs the server more than the page:
 * the slower of two servers would pay it, and the faster one would not.
 */
function stayAwake(): void {
  if (performance.now() < endAt) setImmediate(stayAwake)
}

const startedAt = performance.now()
stayAwake()
await Promise.all(Array.from({ length: Number(connections) }, open))
const elapsed = (performance.now() - startedAt) / 1000
process.stdout.write(JSON.stringify({ answered, failed, perSecond: answered / elapsed }))
