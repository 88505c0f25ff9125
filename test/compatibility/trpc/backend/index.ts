// A tRPC router behind the fetch adapter, with inputs checked by zod, a context, and a subscription.

import { initTRPC, TRPCError, tracked } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { z } from 'zod'

interface Context {
  readonly key: string | null
}

const t = initTRPC.context<Context>().create()
const notes: string[] = []
const guarded = t.procedure.use(({ ctx, next }) => {
  if (ctx.key !== 'k') throw new TRPCError({ code: 'UNAUTHORIZED', message: 'no key' })
  return next({ ctx: { user: 'ada' } })
})

const appRouter = t.router({
  hello: t.procedure.input(z.object({ name: z.string().min(1) })).query(({ input }) => `hello ${input.name}`),
  notes: t.router({
    add: guarded.input(z.string().trim().max(10)).mutation(({ input, ctx }) => {
      notes.push(input)
      return { count: notes.length, by: ctx.user }
    }),
    list: t.procedure.query(() => notes),
  }),
  later: t.procedure.query(async () => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    return 'later'
  }),
  fails: t.procedure.query(() => {
    throw new Error('an internal matter')
  }),
  count: t.procedure
    .input(z.object({ to: z.number(), lastEventId: z.coerce.number().optional() }))
    .subscription(async function* ({ input, signal }) {
      signal?.addEventListener('abort', () => console.log('nobody counts'))
      for (let n = (input.lastEventId ?? 0) + 1; n <= input.to; n++) {
        yield tracked(String(n), { n })
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      await new Promise((resolve) => signal?.addEventListener('abort', resolve))
    }),
})

export default {
  fetch: (req: Request) =>
    fetchRequestHandler({
      endpoint: '/trpc',
      req,
      router: appRouter,
      createContext: (): Context => ({ key: req.headers.get('x-key') }),
      onError: ({ error, path }) => console.log(`${path}: ${error.code}`),
    }),
}
