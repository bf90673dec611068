/**
 * `npm run bench:api`: a read of the API by an access token, the whole stack on, beside bare `node:http`
 * writing the same bytes; and what a token costs that was not seen before.
 */
import { once } from 'node:events'
import { styleText } from 'node:util'
import { cleanUp, compareWithBare, fetchOnce, folder, line, machine, server } from './compare.ts'

type Ready = {
  readonly port: number
  readonly accessTokens: readonly string[]
  readonly postPath: string
}

const requestText = (path: string) => (token: string) =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: press.example',
    'Connection: keep-alive',
    'User-Agent: press-cli/1.0',
    'Accept: application/json',
    'Accept-Encoding: gzip, deflate, br',
    `Authorization: Bearer ${token}`,
    '\r\n',
  ].join('\r\n')

async function compareRead(people: number): Promise<void> {
  const { child, ready } = await server<Ready>('press.ts', [folder, String(people)])
  const { port, accessTokens, postPath } = ready
  for (const [what, path] of [
    ['who the token speaks for', '/api/v1/me'],
    ['one post, read from SQLite', postPath],
  ] as const) {
    const headers = { authorization: `Bearer ${accessTokens[0] ?? ''}` }
    const sample = await fetchOnce(port, path, headers)
    const name = `${what}, ${people === 1 ? 'one token' : `${people} tokens`}`
    await compareWithBare(
      name,
      { child, port },
      { sample, requests: accessTokens.map(requestText(path)) },
    )
  }
  if (people === 1) {
    child.send('verify tokens')
    const [cost]: { readonly microseconds: number }[] = await once(child, 'message')
    line(
      'a token that was not seen before (EdDSA, family, account)',
      `${cost?.microseconds.toFixed(0)} µs`,
    )
  }
  child.kill()
}

console.log(styleText('bold', '\nAn authenticated read of the API, everything on'))
console.log(styleText('dim', `  ${machine()}`))
try {
  await compareRead(1)
  await compareRead(1000)
} finally {
  cleanUp()
}
