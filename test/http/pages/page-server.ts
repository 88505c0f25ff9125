// A real HTTP server that serves the pages of some plugins, the way the runtime's listener does.

import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { createAdaptorServer } from '@hono/node-server'
import type { Config } from '../../../runtime/config/config.ts'
import { locate } from '../../../runtime/http/backend/locate.ts'
import { originMode, ownOriginOf } from '../../../runtime/http/pages/origin.ts'
import { createPageTokens, type PageTokens } from '../../../runtime/http/pages/page-token.ts'
import { createPages, type PageTarget } from '../../../runtime/http/pages/pages.ts'
import { createTickets, type Tickets } from '../../../runtime/http/pages/tickets.ts'
import type { Principal } from '../../../runtime/permissions/principal.ts'

export interface PageServer {
  readonly port: number
  /** By the address, so in opaque mode. */
  readonly origin: string
  readonly tokens: PageTokens
  readonly tickets: Tickets
  /** What the server could not serve because of an error. */
  readonly failures: readonly unknown[]
}

export interface PageServerOptions {
  readonly targets: readonly PageTarget[]
  readonly config?: Partial<Pick<Config, 'publicUrl' | 'pluginDomain'>>
  /** Answers what is not a page: the backend, and pages of our own. */
  readonly other?: (request: Request, path: string) => Response | Promise<Response>
  /** Who has signed in; told by a header in place of the session. */
  readonly users?: Readonly<Record<string, Principal>>
}

const nothing = (): Response => new Response('nothing of a plugin', { status: 404 })

export async function servePages(t: TestContext, options: PageServerOptions): Promise<PageServer> {
  const tokens = createPageTokens({ secret: 'a secret of tests, long enough for them' })
  const tickets = createTickets()
  const failures: unknown[] = []
  const pages = createPages({ tokens, tickets, onFailure: (error) => failures.push(error) })
  const targets = new Map(options.targets.map((target) => [target.id, target]))
  const other = options.other ?? nothing
  const config = { publicUrl: null, pluginDomain: null, ...options.config }

  let port = 0
  const server = createAdaptorServer({
    async fetch(request, env) {
      const mode = originMode({ hostHeader: request.headers.get('host'), config, port })
      if (mode.kind === 'foreign') return new Response('misdirected', { status: 421 })
      const target = locate(env.incoming.url ?? '/', mode, '')
      const plugin = target.kind === 'runtime' ? undefined : targets.get(target.id)
      if (target.kind !== 'page' || plugin === undefined) return other(request, env.incoming.url ?? '/')
      const { body, headers, status } = await pages.answer(
        {
          method: request.method,
          path: target.path,
          search: target.query,
          headers: request.headers,
          mode: target.place.mode,
          mount: target.place.mount,
          publicOrigin: target.place.shell,
          ownOrigin: ownOriginOf(mode, target.id),
          user: options.users?.[request.headers.get('x-test-user') ?? ''] ?? null,
        },
        plugin,
      )
      return new Response(body, { status, headers })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  t.after(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  })
  return { port, origin: `http://127.0.0.1:${port}`, tokens, tickets, failures }
}

export interface RawAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** Sends a request as it is written, without a client that would tidy it up. */
export async function sendRaw(
  port: number,
  target: string,
  options: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<RawAnswer> {
  const headers = { host: `127.0.0.1:${port}`, connection: 'close', ...options.headers }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const socket = connect(port, '127.0.0.1')
  socket.write(
    Buffer.from(`${options.method ?? 'GET'} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'),
  )
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return parseAnswer(Buffer.concat(chunks))
}

function parseAnswer(bytes: Buffer): RawAnswer {
  const end = bytes.indexOf('\r\n\r\n')
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
  return { status: Number(first.split(' ')[1]), headers, body: bytes.subarray(end + 4) }
}
