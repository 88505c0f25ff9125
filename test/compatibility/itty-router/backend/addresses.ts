// Written as for a server of its own: no word of a mount.

import { AutoRouter, type IRequest, text } from 'itty-router'

const router = AutoRouter()

router
  .get('/login', () => text('login'))
  .get('/path', () => new Response(null, { status: 302, headers: { location: '/login' } }))
  .get('/absolute', ({ url }: IRequest) => Response.redirect(new URL('/login', url).href, 302))
  .get('/standard', ({ url }: IRequest) => Response.redirect(new URL('/login', url)))
  .get('/relative', () => new Response(null, { status: 302, headers: { location: 'login' } }))
  .get(
    '/again',
    ({ query }: IRequest) => new Response(null, { status: 302, headers: { location: String(query.next) } }),
  )
  .get('/asks', ({ url }: IRequest) => {
    const location = `/again?next=${encodeURIComponent(new URL('/login', url).href)}`
    return new Response(null, { status: 302, headers: { location } })
  })
  // A route that is called as the mount is.
  .get('/api/people', ({ url }: IRequest) => Response.redirect(new URL('/api/users', url)))
  .get('/api/users', () => text('users'))
  .post('/items', ({ url }: IRequest) => {
    const location = new URL('/items/1', url).href
    const link = `<${new URL('/items?page=2', url)}>; rel="next"`
    return new Response(null, { status: 201, headers: { location, 'content-location': '/items/1', link } })
  })
  .get('/items/:id', ({ params }: IRequest) => text(`item ${params.id}`))
  .get('/items', ({ query }: IRequest) => text(`page ${query.page}`))

export default { fetch: router.fetch }
