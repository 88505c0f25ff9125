// A board of notices for the library: its API, its parts on pages of the library, what it hears and says, and what it does by itself.

import { definePlugin } from 'plugbay/sdk'
import { listNotices, removeExpired } from './notices.ts'
import { answer, post } from './routes.ts'

interface Returned {
  readonly id: number
  readonly title: string
}

export default definePlugin({
  // Only members come here: "access" in the manifest says so.
  fetch: (request, env, { user }) =>
    user === null ? Response.json({ error: 'member' }, { status: 401 }) : answer(request, env, user),

  bundles: {
    board: async (_request, env, { user }) => ({
      notices: await listNotices(env, null),
      me: user?.name ?? null,
    }),
    companions: async ({ params }, env, { user }) => ({
      notices: await listNotices(env, Number(params.id)),
      me: user?.name ?? null,
    }),
  },

  events: {
    // Durable, so it may come twice: the same event has the same time, which the table takes once.
    'book.returned': async ({ data, time }, env) => {
      const { id, title } = data as Returned
      await post(env, { text: title, author: null, book: id, createdAt: Date.parse(time) })
    },
  },

  tasks: {
    tidy: async (task, env) => {
      const removed = await removeExpired(env)
      if (removed > 0) task.worked()
      task.log.info(`Removed: ${removed}`)
      return { removed }
    },
  },
})
