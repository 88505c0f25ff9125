// Written as for a server of its own: no word of a mount.

import { Hono } from 'hono'
import { trimTrailingSlash } from 'hono/trailing-slash'

const app = new Hono()
app.use(trimTrailingSlash())
app.get('/login', (c) => c.text('login'))
app.get('/path', (c) => c.redirect('/login'))
app.get('/absolute', (c) => c.redirect(new URL('/login', c.req.url).href))
app.get('/standard', (c) => Response.redirect(new URL('/login', c.req.url)))
app.get('/relative', (c) => c.redirect('login'))
app.get('/again', (c) => c.redirect(c.req.query('next') ?? '/'))
app.get('/asks', (c) => c.redirect(`/again?next=${encodeURIComponent(new URL('/login', c.req.url).href)}`))
// A route that is called as the mount is.
app.get('/api/people', (c) => c.redirect(new URL('/api/users', c.req.url).href))
app.get('/api/users', (c) => c.text('users'))
app.post('/items', (c) => {
  const { href } = new URL('/items/1', c.req.url)
  const next = new URL('/items?page=2', c.req.url)
  return c.body(null, 201, { location: href, 'content-location': '/items/1', link: `<${next}>; rel="next"` })
})
app.get('/items/:id', (c) => c.text(`item ${c.req.param('id')}`))
app.get('/items', (c) => c.text(`page ${c.req.query('page')}`))

export default app
