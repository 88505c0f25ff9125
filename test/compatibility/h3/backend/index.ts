// h3 by its web entry: app.fetch, with validation, sessions, CORS, basic auth and server-sent events.

import {
  basicAuth,
  createEventStream,
  deleteCookie,
  getCookie,
  getQuery,
  getValidatedQuery,
  H3,
  HTTPError,
  handleCors,
  iterable,
  onError,
  onResponse,
  readValidatedBody,
  redirect,
  setCookie,
  useSession,
  withBase,
} from 'h3'
import { z } from 'zod'

const SESSION = { password: 'thirty-two characters are enough here', name: 'visits' }

const app = new H3()
app.use(onResponse((response) => response.headers.set('x-plugin-seen', 'yes')))
app.use(onError((error) => console.log(`h3 tells ${error.status}`)))
app.use('/cors/**', (event) => {
  const done = handleCors(event, {
    origin: ['https://shop.example'],
    methods: ['GET'],
    preflight: { statusCode: 204 },
  })
  return done === false ? undefined : done
})
app.use('/basic/**', basicAuth({ username: 'ada', password: 'lion' }))

app.get('/hello/:name', (event) => ({ hello: event.context.params?.name, query: getQuery(event) }))
app.get('/cors/item', () => 'item')
app.get('/basic/me', (event) => event.context.basicAuth?.username)
app.post('/items', async (event) => {
  const item = await readValidatedBody(
    event,
    z.object({ name: z.string(), size: z.number().int().positive() }),
  )
  event.res.status = 201
  return item
})
app.get('/page', (event) => getValidatedQuery(event, z.object({ page: z.coerce.number().min(1) })))
app.post('/form', async (event) => {
  const form = await event.req.formData()
  return { names: [...form.keys()], size: (form.get('file') as File).size }
})
app.get('/visits', async (event) => {
  const session = await useSession<{ count?: number }>(event, SESSION)
  await session.update(({ count = 0 }) => ({ count: count + 1 }))
  return session.data
})
app.get('/cookie', (event) => {
  const before = getCookie(event, 'a') ?? null
  if (before === null) setCookie(event, 'a', 'ü', { httpOnly: true, maxAge: 60 })
  else deleteCookie(event, 'a')
  return { before }
})
app.get('/away', () => redirect('/hello/away', 307))
app.get('/fails', () => {
  throw new HTTPError({ status: 409, message: 'taken', data: { by: 'eve' } })
})
app.get('/breaks', () => {
  throw new Error('an internal matter')
})
app.get('/parts', () =>
  iterable(async function* () {
    yield 'one '
    await new Promise((resolve) => setTimeout(resolve, 1))
    yield 'two'
  }),
)
app.get('/events', (event) => {
  const stream = createEventStream(event)
  void (async () => {
    await stream.push({ id: '1', event: 'count', data: 'one' })
    await stream.push('two')
    await stream.close()
  })()
  return stream.send()
})
const inner = new H3().get('/where', (event) => ({ where: event.url.pathname }))
app.use('/mounted/**', withBase('/mounted', inner.handler))

export default { fetch: (request: Request) => app.fetch(request) }
