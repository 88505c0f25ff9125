// Stars for recommended books, and how often each book was opened: all counts are one value in env.kv.

import { definePlugin, type Env } from 'plugbay/sdk'

interface Book {
  readonly id: number
  readonly title: string
}

type Counts = Readonly<Record<string, { readonly title: string; readonly opened: number }>>

export default definePlugin({
  hooks: {
    'content.titles': (books, _context, env) => {
      const { recommended, mark } = env.settings
      const isRecommended = ({ title }: Book) => Array.isArray(recommended) && recommended.includes(title)
      return (books as readonly Book[]).map((book) =>
        isRecommended(book) ? { ...book, title: `${String(mark)} ${book.title}` } : book,
      )
    },

    'content.opened': async (book, _context, env) => {
      const { id, title } = book as Book
      const counts = await countsOf(env)
      const opened = (counts[id]?.opened ?? 0) + 1
      await env.kv.put('counts', JSON.stringify({ ...counts, [id]: { title, opened } }))
    },
  },

  async fetch(request, env) {
    if (new URL(request.url).pathname !== '/most-read')
      return Response.json({ error: 'not found' }, { status: 404 })
    const books = Object.values(await countsOf(env)).sort((a, b) => b.opened - a.opened)
    return Response.json({ books: books.slice(0, 10) })
  },
})

async function countsOf(env: Env): Promise<Counts> {
  return (await env.kv.get<Counts>('counts', 'json')) ?? {}
}
