import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { readBcrypt } from './bcrypt.ts'
import { bcryptHash } from './bcryptThread.ts'
import { isAccepted } from './reading.ts'

function hashOf(text: string) {
  const reading = readBcrypt(text)
  assert.ok(reading !== undefined && isAccepted(reading), text)
  return reading
}

/** Of Openwall's crypt_blowfish, wrapper.c: the tests of its own. */
const openwall: readonly (readonly [string, string])[] = [
  ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['U*U*', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK'],
  ['U*U*U', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'],
  [
    '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',
    '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui',
  ],
]

test('bcrypt: the vectors of crypt_blowfish', async () => {
  for (const [password, stored] of openwall) {
    assert.equal(await hashOf(stored).verify(password), true, stored)
    assert.equal(await hashOf(stored).verify(`${password.slice(0, 1)}~${password.slice(2)}`), false)
  }
})

test('bcrypt: a password that a NUL repeats is another one', async () => {
  const [[password, stored] = assert.fail()] = openwall
  for (const other of [`${password}\0`, `${password}\0${password}`, `${password}\0\0`, '\0']) {
    assert.equal(await hashOf(stored).verify(other), false, JSON.stringify(other))
  }
})

test('[asvs 15.2.2] bcrypt: others have their turn all the while that a hash is computed', async () => {
  // 2^12 rounds: a quarter of a second at least. In slices of 100 ms there would be a handful of turns.
  const { verify } = hashOf(`$2b$12$${'A'.repeat(21)}.${'A'.repeat(30)}.`)
  let turns = 0
  let done = false
  const count = () => {
    turns += 1
    if (!done) setImmediate(count)
  }
  setImmediate(count)
  assert.equal(await verify('a'), false)
  done = true
  assert.ok(turns >= 500, `${turns} turns`)
})

test('bcrypt: a process that may start no thread computes it where it is', () => {
  const program = `
    import { readBcrypt } from ${JSON.stringify(join(import.meta.dirname, 'bcrypt.ts'))}
    const [password, stored] = ${JSON.stringify(openwall[0])}
    const { verify } = readBcrypt(stored)
    console.log(await verify(password), await verify('another'))`
  const flags = ['--permission', '--allow-fs-read=*', '--input-type=module']
  const done = spawnSync(process.execPath, [...flags, '--eval', program], { encoding: 'utf8' })
  assert.equal(done.stdout.trim(), 'true false', done.stderr)
})

test('bcrypt: what throws in the thread is a fault here, and the next hash is computed', async () => {
  const [[password, stored] = assert.fail()] = openwall
  const failing = assert.rejects(bcryptHash('a', 'no salt'), /salt/i)
  assert.equal(await hashOf(stored).verify(password), true)
  await failing
})

test('bcrypt: a thread that ends leaves nobody waiting, and is followed by another', () => {
  const program = `
    import { Worker } from 'node:worker_threads'
    import { bcryptHash } from ${JSON.stringify(join(import.meta.dirname, 'bcryptThread.ts'))}
    const begun = []
    const { postMessage } = Worker.prototype
    Worker.prototype.postMessage = function (...message) {
      begun.push(this)
      return postMessage.apply(this, message)
    }
    const long = bcryptHash('a', '$2b$14$CCCCCCCCCCCCCCCCCCCCC.')
    await begun[0].terminate()
    console.log(await long.catch(({ message }) => message))
    console.log(await bcryptHash('U*U', '$2b$05$CCCCCCCCCCCCCCCCCCCCC.'))`
  const flags = ['--input-type=module', '--eval', program]
  const done = spawnSync(process.execPath, flags, { encoding: 'utf8' })
  const [first, second] = done.stdout.trim().split('\n')
  assert.equal(first, 'the thread of bcrypt has ended', done.stderr)
  assert.equal(second, '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW')
  assert.equal(done.status, 0)
})
