// Calls of the plugin's own backend. Relative addresses: the page may be served anywhere.

async function call(path, init) {
  const response = await fetch(`api/${path}`, init)
  if (response.status === 204) return undefined
  const body = await response.json()
  if (!response.ok) throw new Error(body.error ?? body.title ?? `status ${response.status}`)
  return body
}

export const listNotes = (filter) => call(`notes?${new URLSearchParams(filter)}`)

export const addNote = (note) =>
  call('notes', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(note),
  })

export const deleteNote = (id) => call(`notes/${encodeURIComponent(id)}`, { method: 'DELETE' })
