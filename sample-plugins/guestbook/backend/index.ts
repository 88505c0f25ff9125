// The API of the guestbook: an ordinary Hono application.

import { Hono } from 'hono'
import type { Env, User } from 'plugbay/sdk'
import { createEntries } from './entries.ts'
import { readEntry } from './read-entry.ts'

type Bindings = Pick<Env, 'kv' | 'settings' | 'log'>

const MAX_BODY_BYTES = 10_000

const app = new Hono<{ Bindings: Bindings }>()

app.get('/page', (c) => c.json({ title: c.env.settings.title ?? 'Guestbook' }))

app.get('/entries', async (c) => {
  const limit = Number(c.env.settings.entriesPerPage ?? 20)
  return c.json(await createEntries(c.env.kv).list({ limit, cursor: c.req.query('cursor') }))
})

app.post('/entries', async (c) => {
  if (Number(c.req.header('content-length') ?? 0) > MAX_BODY_BYTES)
    return c.json({ error: 'That is too long' }, 413)
  const body: unknown = await c.req.json().catch(() => undefined)
  const read = readEntry(body)
  if (!read.ok) return c.json({ error: read.error, field: read.field }, 422)
  const entry = await createEntries(c.env.kv).add(read.entry)
  c.env.log.info(`new entry ${entry.id}`)
  return c.json(entry, 201)
})

app.delete('/entries/:id', async (c) => {
  const { id } = c.req.param()
  const outcome = await createEntries(c.env.kv).remove(id, {
    // The writer holds the entry's key; a manager of plugins may delete any entry.
    key: c.req.header('x-entry-key'),
    mayDeleteAny: isModerator(userOf(c.executionCtx)),
  })
  if (outcome === 'unknown') return c.json({ error: 'There is no such entry' }, 404)
  if (outcome === 'refused') return c.json({ error: 'Only its writer may delete an entry' }, 403)
  return c.body(null, 204)
})

app.notFound((c) => c.json({ error: 'Not found' }, 404))

app.onError((error, c) => {
  c.env.log.error(error)
  return c.json({ error: 'The guestbook failed' }, 500)
})

function userOf(context: object): User | null {
  return 'user' in context ? (context.user as User | null) : null
}

function isModerator(user: User | null): boolean {
  return (
    user?.permissions.some((permission) => permission === '*' || permission === 'plugins.manage') ?? false
  )
}

export default app
