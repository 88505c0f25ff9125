// Every path misbehaves in a way of its own: see misdeeds.js.
import { misdeeds } from './misdeeds.js'

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    const name = pathname.slice(1)
    if (request.method === 'GET' && name === 'misdeeds') {
      return Response.json(misdeeds.map(({ run: _, ...described }) => described))
    }
    const misdeed = misdeeds.find((each) => each.name === name)
    if (misdeed === undefined) return Response.json({ error: 'Not found' }, { status: 404 })
    // POST only: a browser that fetches links ahead must not set one off.
    if (request.method !== 'POST') {
      return Response.json({ error: 'Method not allowed' }, { status: 405, headers: { allow: 'POST' } })
    }
    return misdeed.run(env)
  },
}
