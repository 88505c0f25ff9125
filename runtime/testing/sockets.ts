// WebSockets of a test to the routes of a plugin, by a server on a free port of this machine that takes nothing else.
// Invariant: a socket is of the visitor that the test names, by a key that the plugin never sees.

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { UpgradeHandler } from '../app.ts'
import type { TestVisitor, Visitors } from './visitor.ts'

export interface SocketOptions extends TestVisitor {
  readonly protocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

export interface Closed {
  readonly code: number
  readonly reason: string
}

export interface TestSocket extends AsyncDisposable {
  /** The one that the plugin has chosen, or "". */
  readonly protocol: string
  send(data: string | Uint8Array): void
  /** The next message that has not been read yet. Rejects when none comes within 10 s, and when the socket is closed. */
  next(): Promise<string | Uint8Array>
  /** Resolves when either side has closed it. */
  readonly closed: Promise<Closed>
  close(code?: number, reason?: string): Promise<Closed>
}

const AGENT = 'plugbay/testing'
const WAIT_MS = 10_000

interface Handshake {
  readonly visitor: TestVisitor
  /** What the test says that it is. */
  readonly agent: string
}

export class TestSockets {
  readonly #handle: UpgradeHandler
  readonly #visitors: Visitors
  readonly #waiting = new Map<string, Handshake>()
  readonly #connections = new Set<Socket>()
  readonly #open = new Set<WebSocket>()
  #server: Promise<Server> | undefined

  constructor(handle: UpgradeHandler, visitors: Visitors) {
    this.#handle = handle
    this.#visitors = visitors
  }

  /** Rejects with the status and the text of an answer other than 101. @param path as the server sees it */
  async connect(
    path: string,
    { protocols = [], headers, ...visitor }: SocketOptions = {},
  ): Promise<TestSocket> {
    this.#server ??= this.#listen()
    const { port } = (await this.#server).address() as AddressInfo
    const key = randomUUID()
    const who = this.#visitors.of(visitor)
    const { 'user-agent': agent = AGENT } = headers ?? {}
    this.#waiting.set(key, { visitor: who, agent })
    const origin = `http://127.0.0.1:${port}`
    const socket = new WebSocket(`${origin}${path}`, [...protocols], {
      perMessageDeflate: false,
      headers: {
        origin,
        ...(who.language !== undefined && { 'accept-language': who.language }),
        ...headers,
        'user-agent': key,
      },
    })
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    const made = testSocket(socket)
    try {
      await opened(socket)
      return made
    } finally {
      this.#waiting.delete(key)
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.terminate()
    const server = await this.#server
    for (const connection of this.#connections) connection.destroy()
    if (server !== undefined) await new Promise((resolve) => server.close(resolve))
  }

  async #listen(): Promise<Server> {
    const server = createServer((_request, response) => response.writeHead(404).end())
    server.on('upgrade', (request, socket, head) => {
      const visitor = this.#visitorOf(request)
      socket.on('error', () => socket.destroy())
      const isTaken =
        visitor !== undefined && this.#visitors.as(visitor, () => this.#handle(request, socket, head))
      if (!isTaken) socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n')
    })
    server.on('connection', (connection) => {
      this.#connections.add(connection)
      connection.once('close', () => this.#connections.delete(connection))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return server
  }

  /** The key stands in the place of the user agent: headers can be replaced there, not taken out. */
  #visitorOf({ rawHeaders }: IncomingMessage): TestVisitor | undefined {
    const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'user-agent')
    const found = this.#waiting.get(rawHeaders[at + 1] ?? '')
    if (found === undefined) return undefined
    rawHeaders[at + 1] = found.agent
    return found.visitor
  }
}

async function opened(socket: WebSocket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.once('open', resolve)
  socket.once('error', reject)
  socket.once('unexpected-response', (_request, response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
    })
    response.on('end', () => {
      reject(new Error(`The WebSocket was answered ${response.statusCode}: ${text.slice(0, 500)}`))
      socket.terminate()
    })
  })
  await promise
}

function testSocket(socket: WebSocket): TestSocket {
  const messages: (string | Uint8Array)[] = []
  const closed = Promise.withResolvers<Closed>()
  let arrived = Promise.withResolvers<void>()
  let isClosed = false
  socket.on('message', (data: Buffer, isBinary) => {
    messages.push(isBinary ? new Uint8Array(data) : data.toString())
    arrived.resolve()
  })
  socket.once('close', (code, reason) => {
    isClosed = true
    closed.resolve({ code, reason: reason.toString() })
    arrived.resolve()
  })
  const next = async (): Promise<string | Uint8Array> => {
    const late = setTimeout(() => arrived.resolve(), WAIT_MS)
    try {
      if (messages.length === 0 && !isClosed) await arrived.promise
    } finally {
      clearTimeout(late)
    }
    arrived = Promise.withResolvers()
    const message = messages.shift()
    if (message !== undefined) return message
    if (!isClosed) throw new Error(`No message has come within ${WAIT_MS} ms`)
    const { code, reason } = await closed.promise
    throw new Error(`The WebSocket was closed: ${code} ${reason}`)
  }
  const made: TestSocket = {
    get protocol() {
      return socket.protocol
    },
    send: (data) => socket.send(data),
    next,
    closed: closed.promise,
    async close(code, reason) {
      socket.close(code, reason)
      return await closed.promise
    },
    async [Symbol.asyncDispose]() {
      await made.close()
    },
  }
  return made
}
