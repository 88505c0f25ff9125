// Requests to the backend of the plugin, from pages in folders beside this file.

/** A sandboxed page sends no cookies: its token says who the visitor is. */
const token = document.querySelector('meta[name="plugbay-token"]')?.content
const headers = token === undefined ? {} : { 'plugbay-token': token }

export async function ask(path, init = {}) {
  const response = await fetch(`../api/${path}`, { ...init, headers })
  if (!response.ok) throw new Error(`The backend answered ${response.status}`)
  return response
}
