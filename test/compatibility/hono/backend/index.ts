// Hono with its middlewares for CORS, ETag, JWT, basic and bearer auth, validation, compression, streaming and events.

import { Hono } from 'hono'
import { basicAuth } from 'hono/basic-auth'
import { bearerAuth } from 'hono/bearer-auth'
import { bodyLimit } from 'hono/body-limit'
import { compress } from 'hono/compress'
import { getSignedCookie, setSignedCookie } from 'hono/cookie'
import { cors } from 'hono/cors'
import { csrf } from 'hono/csrf'
import { etag } from 'hono/etag'
import { html } from 'hono/html'
import { HTTPException } from 'hono/http-exception'
import { jwt, sign } from 'hono/jwt'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { stream, streamSSE, streamText } from 'hono/streaming'
import { timeout } from 'hono/timeout'
import { validator } from 'hono/validator'

const SECRET = 'a secret of the tests'

const app = new Hono()

app.use(
  '/cors/*',
  cors({ origin: 'https://shop.example', allowMethods: ['GET', 'PUT'], maxAge: 600, credentials: true }),
)
app.put('/cors/item', (c) => c.text('put'))

app.use('/etag/*', etag())
app.get('/etag/page', (c) => c.html(html`<h1>${'<Tom & Jerry>'}</h1>`))

app.post('/login', async (c) =>
  c.json({ token: await sign({ sub: 'ada', exp: 4_000_000_000 }, SECRET, 'HS256') }),
)
app.use('/jwt/*', jwt({ secret: SECRET, alg: 'HS256' }))
app.get('/jwt/me', (c) => c.json(c.get('jwtPayload')))

app.use('/basic/*', basicAuth({ username: 'ada', password: 'löwe' }))
app.get('/basic/me', (c) => c.text('in'))
app.use('/bearer/*', bearerAuth({ token: 'letmein' }))
app.get('/bearer/me', (c) => c.text('in'))

const item = validator('json', (value: unknown, c) => {
  const name: unknown =
    typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined
  return typeof name === 'string' ? { name } : c.json({ error: 'a name is a text' }, 400)
})
app.post('/items', item, (c) => c.json({ stored: c.req.valid('json').name }, 201))

app.use('/csrf/*', csrf({ origin: 'https://shop.example' }))
app.post('/csrf/form', async (c) => c.json(await c.req.parseBody()))

app.use('/small/*', bodyLimit({ maxSize: 100, onError: (c) => c.text('too much', 413) }))
app.post('/small/body', async (c) => c.text(String((await c.req.text()).length)))

app.use('/slow/*', timeout(20, new HTTPException(408, { message: 'took too long' })))
app.get('/slow/never', () => new Promise<Response>(() => {}))

app.use('/packed/*', compress())
app.get('/packed/text', (c) => c.text('plugbay '.repeat(1000)))

app.use('/safe/*', secureHeaders(), requestId())
app.get('/safe/page', (c) => c.text(c.get('requestId')))

app.get('/cookie/set', async (c) => {
  await setSignedCookie(c, 'who', 'ada', SECRET)
  return c.text('set')
})
app.get('/cookie/get', async (c) => c.json((await getSignedCookie(c, SECRET, 'who')) ?? null))

// Each part waits until the reader has confirmed the previous one, so they can only arrive separately.
const steps = new Map<string, () => void>()
app.post('/step/:name', (c) => {
  steps.get(c.req.param('name'))?.()
  return c.body(null, 204)
})
const told = (name: string) => new Promise<void>((resolve) => steps.set(name, resolve))

app.get('/stream/text', (c) =>
  streamText(c, async (out) => {
    await out.write('one')
    await told('text')
    await out.writeln(' two')
    await out.sleep(1)
    await out.write('three')
  }),
)
app.get('/stream/bytes', (c) =>
  stream(c, async (out) => {
    await out.write(new Uint8Array([1, 2]))
    await out.pipe(new Blob([new Uint8Array([3, 4])]).stream())
  }),
)
app.get('/stream/left', (c) =>
  stream(c, async (out) => {
    out.onAbort(() => console.log('the reader left'))
    for (let count = 0; !out.aborted; count++) {
      await out.write(`${count}\n`)
      await out.sleep(5)
    }
  }),
)
app.get('/stream/events', (c) =>
  streamSSE(c, async (out) => {
    const last = Number(c.req.header('last-event-id') ?? 0)
    await out.writeSSE({ id: String(last + 1), event: 'count', data: 'first\nline two' })
    await told('events')
    await out.writeSSE({ id: String(last + 2), data: JSON.stringify({ ü: '☕' }), retry: 10 })
  }),
)

app.onError((error, c) =>
  error instanceof HTTPException ? error.getResponse() : c.json({ error: error.message }, 500),
)
app.notFound((c) => c.text(`no ${c.req.path}`, 404))

export default app
