// Counts what is opened, by day and by reader, adds it up in a background task, and answers what the pages show. A path that an item of a
// menu leads to needs the permissions of the item: the runtime asks for them before "/timeline" and the others are called.

import { count, read } from './counts.js'
import { rebuild, stateOfFigures } from './figures.js'

export default {
  hooks: {
    async 'content.opened'({ id, title }, { user }, env) {
      const day = new Date().toISOString().slice(0, 10)
      await count(env, `book:${id}`, day, title)
      await count(env, 'readers', user?.name ?? 'guests')
    },
  },

  tasks: { rebuild },

  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/timeline' || pathname === '/summary') {
      const { title = null, counts } = await read(env, `book:${searchParams.get('book')}`)
      const answer = { title, rows: Object.entries(counts) }
      return Response.json(pathname === '/timeline' ? answer : { ...answer, all: await stateOfFigures(env) })
    }
    if (pathname === '/summary/rebuild' && request.method === 'POST') {
      // One at a time is enough: who asks again meanwhile gets the same run. The task says which user has asked.
      await env.tasks.schedule('rebuild', {}, { key: 'by hand', dedupe: 'skip' })
      return new Response(null, { status: 204 })
    }
    if (pathname === '/members')
      return Response.json({ title: null, rows: Object.entries((await read(env, 'readers')).counts) })
    return Response.json({ error: 'not found' }, { status: 404 })
  },
}
