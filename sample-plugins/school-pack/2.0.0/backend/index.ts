// What the pack adds to the library: handlers of its hooks and events, the API of the page, and the way from version 1.

import { definePlugin, type Env, type User } from 'plugbay/sdk'
import { countOpened, countsSince, DAY_MS, daysOf, importCounts, type OldCounts } from './counts.ts'
import { linksOf } from './links.ts'
import { readOptions } from './options.ts'
import { sendReport } from './report.ts'

interface Book {
  readonly id: number
  readonly title: string
}

interface Sync {
  readonly added: number
  readonly updated: number
}

const COLOURS: Readonly<Record<string, { readonly accent: string; readonly accentInk: string }>> = {
  ocean: { accent: '#14618c', accentInk: '#ffffff' },
  desert: { accent: '#9a5417', accentInk: '#ffffff' },
}

export default definePlugin({
  hooks: {
    'content.titles': (books, _context, env) => {
      const { recommended, mark } = readOptions(env.settings)
      return (books as readonly Book[]).map((book) =>
        recommended.includes(book.title) ? { ...book, title: `${mark} ${book.title}` } : book,
      )
    },
    'content.opened': (book, _context, env) => countOpened(env, book as Book),
    'theme.colours': (colours, _context, env) => COLOURS[readOptions(env.settings).colours] ?? colours,
  },

  events: {
    'sync.before': (event, env) => env.kv.put('sync', JSON.stringify({ began: event.time })),
    'sync.after': (event, env) => {
      const { added, updated } = event.data as Sync
      return env.kv.put('sync', JSON.stringify({ ended: event.time, added, updated }))
    },
  },

  bundles: {
    week: async (_request, env) => {
      const books = await countsSince(env, 7 * DAY_MS)
      const { goal } = readOptions(env.settings)
      return { goal, opened: books.reduce((sum, { count }) => sum + count, 0), books: books.slice(0, 3) }
    },
    // The page names the book; the library has checked that it is the number of one, and a number reveals nothing.
    record: async ({ params }, env) => ({ days: await daysOf(env, Number(params.id), 7) }),
  },

  settings: {
    // Each handler reads env.settings when it is called, so this one has nothing to update.
    changed: (keys, env) => env.log.info(`Changed: ${keys.join(', ')}`),
  },

  lifecycle: {
    upgrade: [
      {
        from: '<2.0.0',
        async run(env) {
          const counts = await env.kv.get<OldCounts>('counts', 'json')
          if (counts !== null) await importCounts(env, counts)
          await env.kv.delete('counts')
        },
      },
    ],
  },

  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    if (request.method === 'GET' && pathname === '/page')
      return Response.json(await pageOf(env, ctx.t, ctx.language))
    if (request.method === 'GET' && pathname === '/export.csv') return await exportOf(env)
    if (request.method === 'POST' && pathname === '/report') return await report(env, ctx.user)
    return Response.json({ error: 'not found' }, { status: 404 })
  },
})

async function pageOf(env: Env, t: Env['t'], language: string) {
  const options = readOptions(env.settings)
  const books = (await countsSince(env, options.keepFor)).slice(0, options.mostRead)
  const sync = await env.kv.get<Partial<Sync> & { readonly ended?: string }>('sync', 'json')
  return {
    language,
    title: t('title'),
    goal: t('goal', { goal: options.goal }),
    empty: t('empty'),
    books: books.map(({ title, count }) => ({
      title,
      count: options.showCounts ? t('opened', { count }) : null,
    })),
    sync:
      sync?.ended === undefined
        ? null
        : t('sync', { day: new Date(sync.ended), added: sync.added ?? 0, updated: sync.updated ?? 0 }),
    linksTitle: t('links.title'),
    links: linksOf(options).map(({ kind, url }) => ({ text: t(`links.${kind}`), url })),
  }
}

/** As many rows as the limit has room for. */
async function exportOf(env: Env): Promise<Response> {
  const { exportLimit, keepFor } = readOptions(env.settings)
  let table = 'title,opened\r\n'
  for (const { title, count } of await countsSince(env, keepFor)) {
    const row = `"${title.replaceAll('"', '""')}",${count}\r\n`
    if (new TextEncoder().encode(table + row).byteLength > exportLimit) break
    table += row
  }
  return new Response(table, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="most-read.csv"',
    },
  })
}

async function report(env: Env, user: User | null): Promise<Response> {
  if (user?.permissions.includes('*') !== true)
    return Response.json({ error: 'Only a librarian sends the report' }, { status: 403 })
  const { keepFor, mostRead } = readOptions(env.settings)
  return await sendReport(env, (await countsSince(env, keepFor)).slice(0, mostRead))
}
