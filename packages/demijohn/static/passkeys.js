/**
 * Passkeys in the browser: asks for one, writes the answer into the hidden fields of an ordinary
 * form, and sends that form. Token, redirect and errors are those of any other form.
 *
 * A form takes part by `data-passkey="create"` or `"get"`. It starts out hidden and is shown where
 * the browser has passkeys. Inside are its options (`<script type="application/json">`), its fields,
 * and a place for words (`data-passkey-status`, a live region). With `data-passkey-autofill` the
 * passkeys are offered in the field for the address, too.
 *
 * Nothing here is trusted: what it sends is judged by the server. It makes no markup of text, so it
 * runs under Trusted Types as it is.
 */

const words = {
  NotAllowedError: 'Nothing was sent: it was cancelled, or it took too long. You can try again.',
  InvalidStateError: 'This device already has a passkey for your account.',
  SecurityError: 'Passkeys do not work under this address of the site.',
  NotSupportedError: 'This device has no passkey of the kind that is needed.',
  ConstraintError: 'This device has no passkey of the kind that is needed.',
}
const otherwise = 'That did not work. Try again, or use another way.'

/** The prompt that waits in the address field; it has to end before another one may begin. */
let waiting

function toBytes(base64url) {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

function toText(buffer) {
  if (!buffer) return ''
  const text = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join('')
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function withBytes(credentials = []) {
  return credentials.map((credential) => ({ ...credential, id: toBytes(credential.id) }))
}

function optionsOf(form) {
  const options = JSON.parse(form.querySelector('script[type="application/json"]').textContent)
  const challenge = toBytes(options.challenge)
  if (form.dataset.passkey === 'get') {
    return { ...options, challenge, allowCredentials: withBytes(options.allowCredentials) }
  }
  const user = { ...options.user, id: toBytes(options.user.id) }
  const excludeCredentials = withBytes(options.excludeCredentials)
  return { ...options, challenge, user, excludeCredentials }
}

function answerOf({ rawId, response }) {
  return {
    credentialId: toText(rawId),
    clientData: toText(response.clientDataJSON),
    attestation: toText(response.attestationObject),
    transports: response.getTransports?.().join(',') ?? '',
    authenticatorData: toText(response.authenticatorData),
    signature: toText(response.signature),
    userHandle: toText(response.userHandle),
  }
}

function send(form, credential) {
  for (const [name, value] of Object.entries(answerOf(credential))) {
    const field = form.elements.namedItem(name)
    if (field !== null) field.value = value
  }
  // Past the listener below, which has done its work.
  form.submit()
}

function say(form, text) {
  const place = form.querySelector('[data-passkey-status]')
  if (place !== null) place.textContent = text
}

async function ask(form) {
  waiting?.abort()
  const publicKey = optionsOf(form)
  return form.dataset.passkey === 'get'
    ? navigator.credentials.get({ publicKey })
    : navigator.credentials.create({ publicKey })
}

async function answer(form) {
  const button = form.querySelector('button')
  button.disabled = true
  say(form, 'Waiting for your device…')
  try {
    const credential = await ask(form)
    if (credential === null) throw new DOMException('no credential', 'NotAllowedError')
    say(form, '')
    send(form, credential)
  } catch (error) {
    say(form, words[error.name] ?? otherwise)
    button.disabled = false
    if ('passkeyAutofill' in form.dataset) await offer(form)
  }
}

/** Offers passkeys among what the browser fills in; resolves when one was chosen, if ever. */
async function offer(form) {
  const field = document.querySelector('input[type="email"]')
  if (field === null || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
  field.autocomplete = 'username webauthn'
  waiting = new AbortController()
  const { signal } = waiting
  try {
    const publicKey = optionsOf(form)
    const credential = await navigator.credentials.get({
      publicKey,
      mediation: 'conditional',
      signal,
    })
    if (credential !== null) send(form, credential)
  } catch (error) {
    // It ends so when the button is used, and when the person turns it down: nothing to say.
    if (!signal.aborted && error.name !== 'NotAllowedError')
      say(form, words[error.name] ?? otherwise)
  }
}

if ('PublicKeyCredential' in window) {
  for (const form of document.querySelectorAll('form[data-passkey]')) {
    form.hidden = false
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      void answer(form)
    })
    if ('passkeyAutofill' in form.dataset) void offer(form)
  }
  for (const note of document.querySelectorAll('[data-passkey-absent]')) note.hidden = true
}
