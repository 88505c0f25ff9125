// Where debuggers attach to a plugin under development: the addresses that DevTools and editors look for, and WebSockets behind secret paths.
// Invariant: it listens on the loopback address only, answers to loopback names only (another name may have been pointed here), and to no
// page of a site.

import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { PlugbayError } from '../../errors.ts'
import type { Inspector } from '../../sandbox/types.ts'
import { InspectorTarget } from './target.ts'

export interface InspectorServer extends Inspector {
  readonly port: number
  /** Address of the isolate that answers requests. */
  readonly url: string
  close(): Promise<void>
}

export interface InspectorOptions {
  /** 0: any free one. Default: the first free one from 9229, where debuggers look. */
  readonly port?: number | undefined
  /** URL of the folder of the author's files, with a slash at its end. */
  readonly sources: string
  /** Name of the plugin's folder. */
  readonly name: string
}

const HOST = '127.0.0.1'
const FIRST_PORT = 9229
const PORTS_TRIED = 20
/** A message fits a frame to the isolate. */
const MAX_MESSAGE = 1024 * 1024
const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i
const DEVTOOLS = /^devtools:\/\//
const BUSY = 4000

/** Rejects with PORT_UNUSABLE. */
export async function openInspector(options: InspectorOptions): Promise<InspectorServer> {
  const { sources, name } = options
  const requests = new InspectorTarget(randomUUID(), `${name}: requests, hooks, events`)
  const tasks = new InspectorTarget(randomUUID(), `${name}: tasks`)
  const targets = [requests, tasks]
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE })
  const server = createServer((request, response) => {
    if (!isLocal(request)) return answer(response, 403, { error: 'Only for programs of this machine' })
    const list = listOf(targets, sources, request.headers.host ?? '')
    if (request.url === '/json' || request.url === '/json/list') return answer(response, 200, list)
    if (request.url === '/json/version') return answer(response, 200, VERSION)
    answer(response, 404, { error: 'There is nothing here' })
  })
  server.on('upgrade', (request, socket, head) => {
    const target = targets.find(({ id }) => request.url === `/${id}`)
    if (!isLocal(request)) return refuse(socket, '403 Forbidden')
    if (target === undefined) return refuse(socket, '404 Not Found')
    sockets.handleUpgrade(request, socket, head, (client) => connect(target, client))
  })
  const port = await listen(server, options.port)
  return {
    port,
    url: `ws://${HOST}:${port}/${requests.id}`,
    sources,
    of: (role) => (isolate) => (role === 'tasks' ? tasks : requests).add(isolate),
    async close() {
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function connect(target: InspectorTarget, client: WebSocket): void {
  if (target.isAttached) return client.close(BUSY, 'Another debugger is attached')
  const attached = target.attach((message) => client.send(message))
  client.on('message', (data) => attached.receive(String(data)))
  // The end of the connection follows.
  client.on('error', () => undefined)
  client.on('close', () => attached.end())
}

/** Neither by a name that was pointed to this machine, nor from a page of a site: the pages of DevTools have a scheme of their own. */
function isLocal({ headers: { host, origin } }: IncomingMessage): boolean {
  return LOOPBACK.test(host ?? '') && (origin === undefined || DEVTOOLS.test(origin))
}

const VERSION = { Browser: `node.js/${process.version}`, 'Protocol-Version': '1.3' }

function listOf(targets: readonly InspectorTarget[], sources: string, host: string): readonly object[] {
  return targets.map(({ id, title }) => {
    const address = `${host}/${id}`
    return {
      ...{ id, title, type: 'node', description: 'Plugbay plugin', url: sources },
      webSocketDebuggerUrl: `ws://${address}`,
      devtoolsFrontendUrl: `devtools://devtools/bundled/js_app.html?experiments=true&v8only=true&ws=${address}`,
    }
  })
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  const body = `${JSON.stringify(value, null, 2)}\n`
  // chrome://inspect does not join chunks.
  const length = Buffer.byteLength(body)
  response.writeHead(status, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': length,
    'cache-control': 'no-cache',
  })
  response.end(body)
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`)
}

async function listen(server: ReturnType<typeof createServer>, port: number | undefined): Promise<number> {
  const first = port ?? FIRST_PORT
  const last = port === undefined ? first + PORTS_TRIED : first
  for (let next = first; ; next++) {
    try {
      return await listenAt(server, next)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && next < last) continue
      throw new PlugbayError('PORT_UNUSABLE', `The debugger cannot listen on port ${next} (${code})`)
    }
  }
}

function listenAt(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.once('error', reject)
  server.listen(port, HOST, () => {
    server.off('error', reject)
    const address = server.address()
    resolve(typeof address === 'object' && address !== null ? address.port : port)
  })
  return promise
}
