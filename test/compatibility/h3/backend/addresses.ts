// Written as for a server of its own: no word of a mount.

import { getQuery, H3, redirect } from 'h3'

const app = new H3()
app.get('/login', () => 'login')
app.get('/path', () => redirect('/login'))
app.get('/absolute', (event) => redirect(new URL('/login', event.req.url).href))
app.get('/standard', (event) => Response.redirect(new URL('/login', event.url)))
app.get('/relative', () => redirect('login'))
app.get('/again', (event) => redirect(String(getQuery(event).next)))
app.get('/asks', (event) =>
  redirect(`/again?next=${encodeURIComponent(new URL('/login', event.req.url).href)}`),
)
// A route that is called as the mount is.
app.get('/api/people', (event) => redirect(new URL('/api/users', event.req.url).href))
app.get('/api/users', () => 'users')
app.post('/items', (event) => {
  event.res.status = 201
  event.res.headers.set('location', new URL('/items/1', event.req.url).href)
  event.res.headers.set('content-location', '/items/1')
  event.res.headers.set('link', `<${new URL('/items?page=2', event.req.url)}>; rel="next"`)
  return ''
})
app.get('/items/:id', (event) => `item ${event.context.params?.id}`)
app.get('/items', (event) => `page ${getQuery(event).page}`)

export default { fetch: (request: Request) => app.fetch(request) }
