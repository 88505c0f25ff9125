// Calls of the guestbook's own backend. Relative addresses: the page may be served anywhere.

async function call(path, init) {
  const response = await fetch(`api/${path}`, init)
  if (response.status === 204) return undefined
  const body = await response.json()
  if (!response.ok) throw new Error(body.error ?? body.title ?? `status ${response.status}`)
  return body
}

export const readPage = () => call('page')

export const listEntries = (cursor) =>
  call(cursor ? `entries?cursor=${encodeURIComponent(cursor)}` : 'entries')

export const addEntry = (entry) =>
  call('entries', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(entry),
  })

export const deleteEntry = (id, key) =>
  call(`entries/${encodeURIComponent(id)}`, { method: 'DELETE', headers: { 'x-entry-key': key } })
