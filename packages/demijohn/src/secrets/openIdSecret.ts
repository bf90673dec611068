/**
 * The secret by which a provider of OpenID Connect knows this site: OPENID_CLIENT_SECRET, or better
 * OPENID_CLIENT_SECRET_FILE naming a file of mode 0600. Several providers have a name each.
 *
 * The provider made it, so nothing here calls it weak but its length (`openIdOptions`).
 */
import { Secret } from './secret.ts'
import { type Environment, type Reader, readSettings } from './settings.ts'

const clientSecret: Reader<Secret> = {
  describe: 'by which the provider of sign-ins knows this site',
  expects: 'the client secret that the provider shows for this site, on one line',
  kind: 'secret',
  missing: undefined,
  read: (text) =>
    /^[\x20-\x7e]{1,512}$/.test(text)
      ? { value: new Secret(text) }
      : { problem: 'is not one line of up to 512 plain characters' },
}

/** @throws Misconfiguration where nothing is set, or no secret: without the secret in it. */
export function openIdClientSecret(
  environment: Environment,
  name = 'OPENID_CLIENT_SECRET',
): Secret {
  const settings = readSettings(environment, { [name]: clientSecret })
  const secret = settings[name]
  if (secret === undefined) throw new TypeError(`${name} was read and is not there`)
  return secret
}
