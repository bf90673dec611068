/** What the environment says about where an application runs. Read once, at start. */
import { dirname, join } from 'node:path'
import { Misconfiguration } from '../core/misconfiguration.ts'
import { parseSender, parseSmtpServer, type Sender, type SmtpServer } from '../mail/smtpServer.ts'
import { loadOrCreateKeyFile } from '../secrets/keyFile.ts'
import type { Keyring } from '../secrets/keyring.ts'
import { keyring, networks, oneOf, origin, port, string } from '../secrets/readers.ts'
import { type Environment, type Reader, readSettings, type Settings } from '../secrets/settings.ts'
import type { TrustedNetworks } from '../web/client.ts'

export type RunSettings = {
  readonly mode: 'development' | 'production'
  readonly host: string
  readonly port: number
  readonly databasePath: string
  /** `loopback` in development. */
  readonly origin: string
  readonly keyring: Keyring
  readonly trustedProxies: TrustedNetworks
  /** Networks that the sentinel never slows, challenges or bans. */
  readonly allowedNetworks: TrustedNetworks
  /** How mail leaves; undefined in development, and where the project sends none. */
  readonly mail: { readonly server: SmtpServer; readonly from: Sender } | undefined
  /** Where processes count limits together, a secret; undefined where each counts by itself. */
  readonly redisUrl: string | undefined
}

/** What a project asks of the environment beyond what every one does. */
export type Needs = { readonly mail: boolean; readonly sharedLimits?: boolean }

const mode = oneOf(['development', 'production'], {
  describe: 'whether real people use this site',
  default: 'development',
})

const everywhere = {
  PORT: port({ describe: 'where the server listens', default: 8080 }),
  HOST: string({ describe: 'the address to listen at', default: '127.0.0.1', max: 253 }),
}

const production = {
  ...everywhere,
  ORIGIN: origin({ describe: 'how people reach the site' }),
  KEYS: keyring({
    describe: 'what sessions and forms are signed with; npx demijohn key makes one',
  }),
  DATABASE: string({ describe: 'the file of the database', default: 'data/{name}.db', max: 1000 }),
  TRUSTED_PROXIES: networks({ describe: 'who may say whom they forward for', default: [] }),
  ALLOWED_NETWORKS: networks({
    describe: 'who is never slowed, challenged or banned',
    what: 'allowed networks',
    default: [],
  }),
}

const mailing = {
  SMTP_URL: smtpServer('the server that mail is handed to'),
  MAIL_FROM: sender('who mail is from'),
}

const sharing = {
  REDIS_URL: redisUrl('where the processes of the site count limits together'),
}

const development = {
  PORT: everywhere.PORT,
  DATABASE: production.DATABASE,
}

/** Where limits and bans are shared, for commands that need nothing else; undefined in development. */
export function sharedStoreUrl(environment: Environment): string | undefined {
  const { NODE_ENV } = readSettings(environment, { NODE_ENV: mode })
  return NODE_ENV === 'production' ? readSettings(environment, sharing).REDIS_URL : undefined
}

/** Throws Misconfiguration with everything that is wrong and what to do about each. */
export function runSettings(
  name: string,
  environment: Environment,
  needs: Needs = { mail: false },
): RunSettings {
  const { NODE_ENV } = readSettings(environment, { NODE_ENV: mode })
  return NODE_ENV === 'production'
    ? productionSettings(name, environment, needs)
    : developmentSettings(name, environment)
}

/** The file of the database alone, for commands that need no keys. */
export function databasePath(name: string, environment: Environment): string {
  const { DATABASE } = readSettings(environment, { DATABASE: production.DATABASE })
  return DATABASE.replace('{name}', name)
}

/** The keys of the site that a command works for, as the site itself finds them. */
export function commandKeyring(name: string, environment: Environment): Keyring {
  const { NODE_ENV } = readSettings(environment, { NODE_ENV: mode })
  if (NODE_ENV === 'production') return readSettings(environment, { KEYS: production.KEYS }).KEYS
  return loadOrCreateKeyFile(join(dirname(databasePath(name, environment)), 'keys'))
}

function productionSettings(name: string, environment: Environment, needs: Needs): RunSettings {
  const { mail, sharedLimits = false } = needs
  if (mail && sharedLimits) {
    const settings = readSettings(environment, { ...production, ...mailing, ...sharing })
    return productionFrom(name, settings, mailFrom(settings), settings.REDIS_URL)
  }
  if (mail) {
    const settings = readSettings(environment, { ...production, ...mailing })
    return productionFrom(name, settings, mailFrom(settings), undefined)
  }
  if (sharedLimits) {
    const settings = readSettings(environment, { ...production, ...sharing })
    return productionFrom(name, settings, undefined, settings.REDIS_URL)
  }
  return productionFrom(name, readSettings(environment, production), undefined, undefined)
}

function mailFrom(settings: Settings<typeof mailing>): RunSettings['mail'] {
  return { server: settings.SMTP_URL, from: settings.MAIL_FROM }
}

const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])

function productionFrom(
  name: string,
  settings: Settings<typeof production>,
  mail: RunSettings['mail'],
  redis: RunSettings['redisUrl'],
): RunSettings {
  if (settings.ORIGIN.startsWith('http:') && !loopbackHosts.has(settings.HOST)) {
    throw new Misconfiguration([
      `ORIGIN is plain HTTP, so HOST has to be 127.0.0.1 or ::1. Set ORIGIN to https, or leave HOST out.`,
    ])
  }
  return Object.freeze({
    mode: 'production',
    host: settings.HOST,
    port: settings.PORT,
    databasePath: settings.DATABASE.replace('{name}', name),
    origin: settings.ORIGIN,
    keyring: settings.KEYS,
    trustedProxies: settings.TRUSTED_PROXIES,
    allowedNetworks: settings.ALLOWED_NETWORKS,
    mail,
    redisUrl: redis,
  })
}

/** Loopback alone, whatever HOST says: in development passwords travel in plain text. */
function developmentSettings(name: string, environment: Environment): RunSettings {
  const settings = readSettings(environment, development)
  const path = settings.DATABASE.replace('{name}', name)
  return Object.freeze({
    mode: 'development',
    host: '127.0.0.1',
    port: settings.PORT,
    databasePath: path,
    origin: 'loopback',
    keyring: loadOrCreateKeyFile(join(dirname(path), 'keys')),
    trustedProxies: [],
    allowedNetworks: [],
    mail: undefined,
    redisUrl: undefined,
  })
}

/** A secret, for it holds a password. */
function smtpServer(describe: string): Reader<SmtpServer> {
  return {
    describe,
    expects:
      'smtps://user:password@host or smtp://user:password@host, with a port if it is not 465 or 587; special characters percent-encoded',
    kind: 'secret',
    missing: undefined,
    read: (text) => {
      const value = parseSmtpServer(text)
      return value === undefined ? { problem: 'is no address of a mail server' } : { value }
    },
  }
}

/** A secret, for it may hold a password. */
function redisUrl(describe: string): Reader<string> {
  return {
    describe,
    expects:
      'redis://host:6379 or rediss://user:password@host:6379, special characters percent-encoded',
    kind: 'secret',
    missing: undefined,
    read: (text) =>
      /^rediss?:\/\/[^/]/.test(text) && URL.canParse(text)
        ? { value: text }
        : { problem: 'is no address of a Redis' },
  }
}

function sender(describe: string): Reader<Sender> {
  return {
    describe,
    expects: 'an address such as press@example.org, or Press <press@example.org>',
    kind: 'plain',
    missing: undefined,
    read: (text) => {
      const value = parseSender(text)
      return value === undefined ? { problem: 'is no sender' } : { value }
    },
  }
}
