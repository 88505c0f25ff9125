// Counts what is opened, by day and by reader, and answers what the pages show. A path that an item of a menu leads to needs the
// permissions of the item: the runtime asks for them before "/timeline" and the others are called.

export default {
  hooks: {
    async 'content.opened'({ id, title }, { user }, env) {
      const day = new Date().toISOString().slice(0, 10)
      await count(env, `book:${id}`, day, title)
      await count(env, 'readers', user?.name ?? 'guests')
    },
  },

  async fetch(request, env) {
    const url = new URL(request.url)
    if (url.pathname === '/timeline' || url.pathname === '/summary') {
      const { title = null, counts } = await read(env, `book:${url.searchParams.get('book')}`)
      return Response.json({ title, rows: Object.entries(counts) })
    }
    if (url.pathname === '/members')
      return Response.json({ title: null, rows: Object.entries((await read(env, 'readers')).counts) })
    return Response.json({ error: 'not found' }, { status: 404 })
  },
}

async function count(env, key, name, title) {
  const { counts } = await read(env, key)
  await env.kv.put(key, JSON.stringify({ title, counts: { ...counts, [name]: (counts[name] ?? 0) + 1 } }))
}

async function read(env, key) {
  return (await env.kv.get(key, 'json')) ?? { counts: {} }
}
