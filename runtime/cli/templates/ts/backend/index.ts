import { definePlugin } from 'plugbay/sdk'

export default definePlugin({
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (request.method !== 'GET' || pathname !== '/hello') return new Response('Not found', { status: 404 })
    const count = Number((await env.kv.get('count')) ?? 0) + 1
    await env.kv.put('count', String(count))
    return Response.json({ message: 'Hello from My plugin', count })
  },
})
