// Calls of the plugin's own backend. Relative addresses: the page may be served anywhere.

/** A sandboxed page sends no cookies: its token says who the visitor is. */
const token = document.querySelector('meta[name="plugbay-token"]')?.content
const headers = { 'content-type': 'application/json', ...(token && { 'plugbay-token': token }) }

/** Rejects with a sentence that can be shown. */
async function call(path, method = 'GET', body = undefined) {
  const response = await fetch(`api/${path}`, { method, headers, body: body && JSON.stringify(body) })
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new Error(answer.error ?? answer.title ?? `The server answers ${response.status}`)
  return answer
}

const part = encodeURIComponent

export const readState = () => call('state')
export const readSnapshots = (drive) => call(`drives/${part(drive)}/snapshots`)
export const setAutomatic = (drive, automatic) => call(`drives/${part(drive)}`, 'PUT', { automatic })
export const backUp = (drive) => call('backups', 'POST', { drive })
export const verify = (drive) => call('verifications', 'POST', { drive })
export const restore = (request) => call('restores', 'POST', request)
export const cancel = (job) => call(`jobs/${part(job)}`, 'DELETE')
export const setPassphrase = (passphrase) => call('encryption', 'PUT', { passphrase })
export const stopEncrypting = () => call('encryption', 'DELETE')
