/**
 * The rooms of the library from left to right, and what each may import: nothing from its right.
 * The reasons are what a change of this table has to argue with.
 */
export type Room = {
  readonly name: string
  readonly because: string
  /** Packages that it may import; all others are refused. */
  readonly packages: readonly string[]
  /** Rooms to its left that it still may not import. */
  readonly not?: readonly string[]
}

export const rooms: readonly Room[] = [
  {
    name: 'core',
    because: 'it can be tested without a request, a file or a network',
    packages: [],
  },
  {
    name: 'html',
    because: 'encoding by place is a matter of text alone; the sanitiser reads as browsers do',
    packages: ['parse5'],
  },
  {
    name: 'web',
    because: 'what the specifications of HTTP say, as pure functions of text',
    packages: [],
    not: ['html'],
  },
  {
    name: 'secrets',
    because: 'settings are read before there is a database',
    packages: [],
    not: ['html'],
  },
  {
    name: 'data',
    because: 'storage knows nothing of requests, pages or secrets',
    packages: ['kysely'],
    not: ['html', 'web', 'secrets'],
  },
  {
    name: 'defences/access',
    because: 'decisions about people and objects need neither HTTP nor a table',
    packages: [],
    not: ['html', 'web', 'secrets', 'data'],
  },
  {
    name: 'defences/cors',
    because: 'one text is compared with a list of texts',
    packages: [],
    not: ['html', 'web', 'secrets', 'data'],
  },
  {
    name: 'defences/csrf',
    because: 'keys are passed in',
    packages: [],
    not: ['html', 'secrets', 'data'],
  },
  {
    name: 'defences/factors',
    because: 'codes are numbers and text; who stores what was used is no concern of it',
    packages: [],
    not: ['html', 'web', 'secrets', 'data'],
  },
  {
    name: 'defences/headers',
    because: 'a list of text',
    packages: [],
    not: ['html', 'secrets', 'data'],
  },
  {
    name: 'defences/idempotency',
    because: 'what must not happen twice has to outlive a restart, so it is a row',
    packages: ['kysely'],
    not: ['html', 'secrets'],
  },
  {
    name: 'defences/input',
    because: 'the one room that knows a schema library; applications may bring another',
    packages: ['zod'],
    not: ['html', 'secrets', 'data'],
  },
  {
    name: 'defences/limits',
    because: 'a number a key, under a clock; of the web it knows what an address is',
    packages: ['@redis/client'],
    not: ['html', 'secrets', 'data'],
  },
  {
    name: 'defences/load',
    because: 'numbers and moments in, whom to let in out; clocks and timers are passed in',
    packages: [],
    not: ['html', 'web', 'secrets', 'data'],
  },
  {
    name: 'defences/openid',
    because: 'whom to believe about somebody elsewhere; the one room that calls out, in one file',
    packages: ['openid-client'],
    not: ['html', 'secrets', 'data'],
  },
  {
    name: 'defences/passkeys',
    because: 'bytes and expectations in, a verdict out: the same answer always gets the same one',
    packages: [],
    not: ['html', 'web', 'secrets', 'data'],
  },
  {
    name: 'defences/passwords',
    because: 'a hash goes in and out as text; who stores it is no concern of it',
    // Node has no bcrypt, and hashes from elsewhere have to be checked as they were made.
    packages: ['bcryptjs'],
    not: ['html', 'web', 'secrets', 'data'],
  },
  {
    name: 'defences/sentinel',
    because: 'signals, numbers and times in, a verdict out; its challenge is a page',
    packages: [],
    not: ['secrets', 'data'],
  },
  {
    name: 'defences/sessions',
    because: 'its store is the one defence with tables of its own',
    packages: ['kysely'],
    not: ['html', 'secrets'],
  },
  {
    name: 'defences/throttle',
    because: 'counts outlive a restart, so they are rows; what is guessed at is no concern of it',
    packages: ['kysely'],
    not: ['html', 'secrets'],
  },
  {
    name: 'defences/tokens',
    because:
      'text, keys and times in, a verdict out; its store is rows, and who fetches is passed in',
    packages: ['kysely'],
    not: ['html', 'secrets'],
  },
  {
    name: 'watch',
    because: 'observes from outside: a defence cannot reach the log, nor the log a defence',
    packages: ['pino'],
    not: ['html', 'secrets', 'data', 'defences'],
  },
  {
    name: 'mail',
    because: 'handlers queue mails, so it stands before them; keys are passed in',
    packages: ['kysely', 'nodemailer'],
    not: ['secrets', 'defences'],
  },
  {
    name: 'pipeline',
    because: 'the one place where defences meet; it makes answers and opens no socket',
    packages: ['hono', 'kysely'],
    not: ['secrets'],
  },
  {
    name: 'blueprints',
    because: 'what an application could have written',
    packages: ['kysely', 'uqr'],
    not: ['secrets'],
  },
  {
    name: 'serve',
    because: 'sockets, signals and files, around everything else',
    packages: ['kysely'],
  },
  { name: 'commands', because: 'for a person at a terminal', packages: ['kysely'] },
  {
    name: 'testing',
    because: 'nothing that runs for users may need it',
    packages: ['kysely', 'parse5'],
  },
]

/** Built-in modules that only some rooms may import: name → rooms. No entry: every room. */
export const builtins: Readonly<Record<string, { rooms: readonly string[]; because: string }>> = {
  'node:http': { rooms: ['serve'], because: 'everything else sees a WireRequest' },
  'node:https': { rooms: [], because: 'what calls out does so in defences/openid/fetch.ts' },
  'node:http2': { rooms: [], because: 'one protocol to keep safe' },
  'node:net': {
    rooms: ['serve', 'web', 'defences/openid'],
    because: 'all but serve take isIP and BlockList, which open nothing',
  },
  'node:tls': { rooms: ['serve'], because: 'sockets are for serve' },
  'node:dgram': { rooms: [], because: 'sockets are for serve' },
  'node:dns': { rooms: [], because: 'no name is looked up while a request waits' },
  'node:child_process': { rooms: [], because: 'no room starts programs' },
  'node:vm': { rooms: [], because: 'it is no boundary' },
  'node:worker_threads': {
    rooms: ['defences/passwords'],
    because: 'bcrypt is JavaScript and would stop everybody else; all other work has one thread',
  },
  'node:sqlite': { rooms: ['data'], because: 'no SQL of one database outside of its adapter' },
}
