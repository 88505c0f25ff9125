// Answers GET /plugins/example-plugin/api/example-endpoint/.
import { routes } from './routes.js'

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url)
    const view = routes[pathname]
    if (view === undefined) return Response.json({ error: 'Not found' }, { status: 404 })
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return Response.json({ error: 'Method not allowed' }, { status: 405, headers: { allow: 'GET, HEAD' } })
    }
    return view(request)
  },
}
