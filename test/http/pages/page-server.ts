// A real HTTP server that serves the pages of some plugins, the way the runtime's listener does.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import { createBrowserScripts } from '../../../runtime/bundles/browser-scripts.ts'
import type { Config } from '../../../runtime/config/config.ts'
import type { ServingPlugin } from '../../../runtime/contributions/live-plugin.ts'
import { sendAnswer } from '../../../runtime/http/exchange/answer.ts'
import { createLanguagePrefixes } from '../../../runtime/http/exchange/language-prefix.ts'
import { NodeResponses, requestFromNode } from '../../../runtime/http/exchange/node-exchange.ts'
import { createLanguageOf } from '../../../runtime/http/exchange/visitor-language.ts'
import { createPageTokens, type PageTokens } from '../../../runtime/http/pages/page-token.ts'
import { createPages, type Pages } from '../../../runtime/http/pages/pages.ts'
import { createPluginHeaderCache } from '../../../runtime/http/pages/plugin-header-cache.ts'
import { createTickets, type Tickets } from '../../../runtime/http/pages/tickets.ts'
import { locate } from '../../../runtime/http/routing/locate.ts'
import { originMode } from '../../../runtime/http/routing/origin.ts'
import { Languages } from '../../../runtime/languages/languages.ts'
import type { Principal } from '../../../runtime/permissions/principal.ts'
import { Revocations } from '../../../runtime/permissions/revocations.ts'
import { PRODUCTION } from '../../../runtime/policy.ts'

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
  readonly plugins: readonly ServingPlugin[]
  readonly config?: Partial<Pick<Config, 'publicUrl' | 'pluginDomain'>>
  /** Answers what is not a page: the backend, and pages of our own. */
  readonly other?: (request: Request, path: string) => Response | Promise<Response>
  /** The signed-in user, from a header instead of a session. */
  readonly users?: Readonly<Record<string, Principal>>
}

/** What a test does not care about is a public plugin "hello" without a backend. */
export function pagePlugin(plugin: Pick<ServingPlugin, 'artifact'> & Partial<ServingPlugin>): ServingPlugin {
  const unexpected = (): never => {
    throw new Error('Pages have no backend that could fail')
  }
  return {
    kind: 'serving',
    id: 'hello',
    version: '1.0.0',
    manifest: { manifestVersion: 1, id: 'hello', version: '1.0.0', name: 'Hello' },
    access: 'public',
    grants: {},
    generation: 'one',
    runner: null,
    tasks: null,
    policy: PRODUCTION,
    reportError: unexpected,
    reportLeftOut: unexpected,
    reportWithheld: unexpected,
    reportRefusedWorker: unexpected,
    reportNoFetch: unexpected,
    reportOnce: unexpected,
    ...plugin,
  }
}

export interface PagesOfTest {
  readonly pages: Pages
  readonly tokens: PageTokens
  readonly tickets: Tickets
  readonly failures: readonly unknown[]
}

const LANGUAGES = new Languages({ available: ['en'], default: 'en' })

export function pagesOfTest(): PagesOfTest {
  const revocations = new Revocations()
  const tokens = createPageTokens({ secret: 'a secret of tests, long enough for them', revocations })
  const tickets = createTickets({ revocations })
  const failures: unknown[] = []
  const pages = createPages({
    tokens,
    tickets,
    languages: LANGUAGES,
    languageOf: createLanguageOf(LANGUAGES),
    slots: { data: () => Promise.reject(new Error('these plugins have no bundles')) },
    scripts: createBrowserScripts(),
    formerAssets: { find: async () => undefined },
    headersAt: createPluginHeaderCache(),
    onFailure: (error) => failures.push(error),
  })
  return { pages, tokens, tickets, failures }
}

const nothing = (): Response => new Response('nothing of a plugin', { status: 404 })

export async function servePages(t: TestContext, options: PageServerOptions): Promise<PageServer> {
  const { other = nothing } = options
  const plugins = new Map(options.plugins.map((plugin) => [plugin.id, plugin]))
  const { pages, ...rest } = pagesOfTest()
  const languages = createLanguagePrefixes(LANGUAGES, { get: (id) => plugins.get(id) })
  const config = { publicUrl: null, publicUrls: [], pluginDomain: null, ...options.config }
  const responses = new NodeResponses()
  const elsewhere = getRequestListener((request) => other(request, pathOf(request)))

  let port = 0
  const server = createServer(async (incoming, response) => {
    const mode = originMode({ hostHeader: incoming.headers.host, config, port })
    if (mode.kind === 'foreign') return void response.writeHead(421).end()
    const target = locate(incoming.url ?? '/', mode, {
      basePath: '',
      hasOwnOrigins: true,
      ownOriginsOnly: false,
      languages,
    })
    const plugin = target.kind === 'page' ? plugins.get(target.mount.id) : undefined
    if (target.kind !== 'page' || plugin === undefined) return void (await elsewhere(incoming, response))
    const name = incoming.headers['x-test-user']
    const user = (typeof name === 'string' ? options.users?.[name] : undefined) ?? null
    const exchange = {
      request: requestFromNode(incoming, target.target),
      mount: target.mount,
      user,
      isPage: false,
    }
    sendAnswer(await pages.answer(exchange, plugin), responses.sinkOf(response, 'page'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port, origin: `http://127.0.0.1:${port}`, ...rest }
}

function pathOf(request: Request): string {
  const { pathname, search } = new URL(request.url)
  return pathname + search
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
