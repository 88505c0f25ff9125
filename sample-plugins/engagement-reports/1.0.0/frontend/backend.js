// Requests to the backend of the plugin, from pages in folders beside this file.

export async function ask(path, init = {}) {
  const response = await fetch(`../api/${path}`, init)
  if (!response.ok) throw new Error(`The backend answered ${response.status}`)
  return response
}
