#!/usr/bin/env node
/**
 * Press from a terminal: a small program that uses the API as any other would, with nothing but
 * `fetch`. `press login` shows a code; somebody types it in a browser where they are signed in and
 * says yes, so this program never sees a password and every second factor counts.
 */
import { readFileSync } from 'node:fs'
import { parseArgs, styleText } from 'node:util'
import { call, Problem } from './api.ts'
import { login, logout } from './login.ts'

const help = `Press from a terminal

  press login [--site http://localhost:8080]   Lets this program act for you
  press logout                                 Takes that back
  press me                                     Who it acts for, and what it may do
  press posts                                  What was published last
  press write TITLE [FILE] [--publish]         A new post, its text from FILE or standard input
  press comment POST-ID TEXT                   A comment on a post
`

type Post = {
  readonly id: string
  readonly title: string
  readonly author: { readonly name: string }
}

async function run(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      site: { type: 'string', default: 'http://localhost:8080' },
      publish: { type: 'boolean', default: false },
    },
  })
  const [command = '', first = '', second = ''] = positionals
  switch (command) {
    case 'login':
      return login(values.site)
    case 'logout':
      return logout()
    case 'me':
      return print(await call('GET', '/api/v1/me'))
    case 'posts':
      return list(await call<{ readonly items: readonly Post[] }>('GET', '/api/v1/posts'))
    case 'write': {
      const body = readFileSync(second === '' ? 0 : second, 'utf8')
      const state = values.publish ? 'published' : 'draft'
      return print(await call('POST', '/api/v1/posts', { title: first, body, state }))
    }
    case 'comment': {
      const path = `/api/v1/posts/${encodeURIComponent(first)}/comments`
      return print(await call('POST', path, { body: second }))
    }
    default:
      process.stdout.write(help)
  }
}

function list({ items }: { readonly items: readonly Post[] }): void {
  for (const { id, title, author } of items) {
    console.log(`${styleText('dim', id)}  ${title}  ${styleText('dim', author.name)}`)
  }
}

function print(value: unknown): void {
  console.log(JSON.stringify(value, null, 2))
}

try {
  await run()
} catch (problem) {
  if (!(problem instanceof Problem)) throw problem
  console.error(`${styleText('red', problem.message)}\n${problem.detail}`)
  process.exitCode = 1
}
