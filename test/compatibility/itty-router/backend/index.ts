// itty-router: AutoRouter with its middlewares and helpers.

import {
  AutoRouter,
  cors,
  error,
  type IRequest,
  json,
  StatusError,
  withContent,
  withCookies,
} from 'itty-router'

const { preflight, corsify } = cors({ origin: 'https://shop.example', allowMethods: ['GET', 'POST'] })
const router = AutoRouter({
  before: [preflight, withCookies],
  // The middleware rebuilds the response and loses its status: used only for cross-origin requests.
  finally: [(response, request) => (request.headers.has('origin') ? corsify(response, request) : response)],
})

router
  .get('/hello/:name?', ({ name = 'world', query }: IRequest) => ({ hello: name, query }))
  .get('/files/:path+', ({ path }: IRequest) => ({ path }))
  .post('/echo', withContent, ({ content }: IRequest) => json({ content }, { status: 201 }))
  .get('/cookies', ({ cookies }: IRequest) => cookies)
  .get('/guarded', ({ headers }: IRequest) =>
    headers.get('x-key') === null ? error(401, 'no key') : undefined,
  )
  .get('/guarded', () => 'in')
  .get('/throws', () => {
    throw new StatusError(418, { message: 'short and stout', size: 1 })
  })
  .get('/breaks', () => {
    throw new Error('broken')
  })
  .get('/env', (_request: IRequest, env: { has(name: string): boolean }, ctx: { waitUntil: unknown }) => ({
    kv: env.has('kv'),
    waits: typeof ctx.waitUntil,
  }))

export default router
