// The API of the notes: an ordinary Hono application.

import { Hono } from 'hono'
import type { Env } from 'plugbay/sdk'
import { createNotes } from './notes.ts'
import { readNote } from './read-note.ts'

const app = new Hono<{ Bindings: Pick<Env, 'db' | 'log'> }>()

app.get('/notes', async (c) => {
  const { search, tag } = c.req.query()
  return c.json({ notes: await createNotes(c.env.db).list({ search, tag }) })
})

app.post('/notes', async (c) => {
  const read = readNote(await c.req.json().catch(() => undefined))
  if (typeof read === 'string') return c.json({ error: read }, 422)
  return c.json(await createNotes(c.env.db).add(read), 201)
})

app.delete('/notes/:id', async (c) => {
  const isRemoved = await createNotes(c.env.db).remove(c.req.param('id'))
  return isRemoved ? c.body(null, 204) : c.json({ error: 'There is no such note' }, 404)
})

app.notFound((c) => c.json({ error: 'Not found' }, 404))

app.onError((error, c) => {
  c.env.log.error(error)
  return c.json({ error: 'The notes failed' }, 500)
})

export default app
