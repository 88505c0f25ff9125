// A stand-in for the admin API, so that the page can be driven into every corner without a runtime behind it: it answers as
// design and openapi.json say, from memory. Invariant: its answers have the types of the real server.

import { randomUUID } from 'node:crypto'
import { serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { streamSSE } from 'hono/streaming'
import { createAdminPage } from '../../../runtime/http/server/admin-page.ts'
import { pluginRoutes } from './plugin-routes.ts'
import { problem } from './problem.ts'
import { StandInState } from './state.ts'

export const TOKEN = 'pbt_stand-in'

export interface StandIn {
  readonly state: StandInState
  /** With a slash at its end: the address that the base path makes. */
  readonly url: string
  stop(): Promise<void>
}

export interface StandInOptions {
  /** For example "/tools": as an application that mounts the runtime somewhere. */
  readonly basePath?: string
  readonly port?: number
}

export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const state = new StandInState()
  const base = options.basePath ?? ''
  const app = new Hono()
  app.route(base === '' ? '/' : base, createAdminPage())
  app.route(`${base}/api/v1`, api(state))
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: options.port ?? 0 }, ({ port }) => {
      const stop = () =>
        new Promise<void>((stopped) => {
          server.close(() => stopped())
          if ('closeAllConnections' in server) server.closeAllConnections()
        })
      resolve({ state, url: `http://127.0.0.1:${port}${base}/`, stop })
    })
  })
}

function api(state: StandInState): Hono {
  const app = new Hono()
  app.use(async (c, next) => {
    // As the real server does: a request by cookie that changes something must come from our own page.
    const changes = c.req.method !== 'GET'
    if (changes && c.req.header('origin') !== new URL(c.req.url).origin) return problem('FORBIDDEN')
    if (changes) await record(c, state)
    const isSignIn = c.req.method === 'POST' && c.req.path.endsWith('/session')
    if (!isSignIn && !state.sessions.has(getCookie(c, 'session') ?? '')) return problem('UNAUTHENTICATED')
    return next()
  })
  app.post('/session', async (c) => {
    const body: { token?: string; code?: string } = await c.req.json()
    if (body.token !== TOKEN && !state.codes.delete(body.code ?? '')) return problem('UNAUTHENTICATED')
    const session = randomUUID()
    state.sessions.add(session)
    setCookie(c, 'session', session, { httpOnly: true, sameSite: 'Strict', path: '/' })
    return c.body(null, 204)
  })
  app.get('/session', (c) => c.json({ name: 'admin', permissions: ['*'] }))
  app.delete('/session', (c) => {
    state.sessions.delete(getCookie(c, 'session') ?? '')
    return c.body(null, 204)
  })
  app.get('/events', (c) =>
    streamSSE(c, async (stream) => {
      const stop = state.followEvents((event) => {
        void stream.writeSSE({ event: event.type, id: String(event.id), data: JSON.stringify(event.data) })
      })
      stream.onAbort(stop)
      await stream.writeSSE({ event: 'hello', data: '{}' })
      await new Promise<void>((resolve) => stream.onAbort(resolve))
    }),
  )
  app.route('/', pluginRoutes(state))
  return app
}

async function record(c: Context, state: StandInState): Promise<void> {
  const url = new URL(c.req.url)
  const path = url.pathname.slice(url.pathname.indexOf('/api/v1') + '/api/v1'.length)
  const isJson = c.req.header('content-type') === 'application/json'
  // Hono keeps the parsed body, so the route can read it again.
  const body: unknown = isJson && !path.startsWith('/session') ? await c.req.json() : null
  state.changes.push({ request: `${c.req.method} ${path}${url.search}`, body })
}
