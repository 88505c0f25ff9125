// A visitor's end of a WebSocket, and plugins that answer one. Every wait has a generous end.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type ClientOptions, WebSocket } from 'ws'
import { backendOf } from './runtime.ts'
import type { Scope } from './scope.ts'

const PATIENCE_MS = 60_000

export interface Visit {
  readonly socket: WebSocket
  /** Of the 101. */
  readonly headers: IncomingHttpHeaders
  /** The next message: text as a string. */
  next(): Promise<string | Buffer>
  /** Messages that have not been read. */
  readonly waiting: number
  /** Code and reason, once it is closed. */
  readonly closed: Promise<readonly [number, string]>
}

export interface VisitOptions extends ClientOptions {
  readonly protocols?: readonly string[]
}

/** Connects; rejects when it is refused. The connection ends with the test. */
export async function visit(t: Scope, url: string, options: VisitOptions = {}): Promise<Visit> {
  const { socket, answer } = dial(t, url, options)
  const queue: (string | Buffer)[] = []
  let wake = (): void => undefined
  socket.on('message', (data, isBinary) => {
    queue.push(isBinary ? (data as Buffer) : data.toString())
    wake()
  })
  const closed = new Promise<readonly [number, string]>((resolve) =>
    socket.once('close', (code, reason) => {
      resolve([code, reason.toString()])
      wake()
    }),
  )
  const response = await answer
  if (response.statusCode !== 101) throw new Error(`Refused: ${response.statusCode}`)
  if (socket.readyState === WebSocket.CONNECTING) await once(socket, 'open')
  return {
    socket,
    headers: response.headers,
    get waiting() {
      return queue.length
    },
    async next() {
      const end = performance.now() + PATIENCE_MS
      for (;;) {
        const message = queue.shift()
        if (message !== undefined) return message
        if (socket.readyState === WebSocket.CLOSED) assert.fail(`closed: ${await closed}`)
        if (performance.now() > end) assert.fail('no message')
        await new Promise<void>((resolve) => {
          wake = resolve
          setTimeout(resolve, 1000).unref()
        })
      }
    },
    closed: withPatience(closed),
  }
}

export interface Refusal {
  readonly status: number
  readonly code: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Asks for a socket that is not given: the plain answer. */
export async function refused(t: Scope, url: string, options: VisitOptions = {}): Promise<Refusal> {
  const { answer } = dial(t, url, options)
  const response = await answer
  assert.notEqual(response.statusCode, 101, 'a socket was given')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  const isProblem = response.headers['content-type'] === 'application/problem+json'
  const code = isProblem ? (JSON.parse(text) as { code: string }).code : undefined
  return { status: response.statusCode ?? 0, code, headers: response.headers, text }
}

function dial(t: Scope, url: string, { protocols = [], ...options }: VisitOptions) {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), [...protocols], {
    perMessageDeflate: false,
    ...options,
  })
  t.after(async () => socket.terminate())
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  socket.once('upgrade', resolve)
  socket.once('unexpected-response', (_request, response) => resolve(response))
  socket.on('error', reject)
  return { socket, answer: withPatience(promise) }
}

function withPatience<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('nothing came')), PATIENCE_MS)
  })
  const first = Promise.race([promise, late]).finally(() => clearTimeout(timer))
  first.catch(() => undefined)
  return first
}

/** A backend that gives a socket and runs `body` with `server`, `request`, `env`, `ctx`, `url` in scope; other requests get `rest`. */
export function socketBackend(body: string, rest = "return new Response('plain')", before = ''): string {
  return backendOf(
    `if (request.headers.get('upgrade') !== 'websocket') { ${rest} }
     const [client, server] = Object.values(new WebSocketPair())
     let headers = {}
     ${body}
     return new Response(null, { status: 101, webSocket: client, headers })`,
    before,
  )
}

export const ECHO = socketBackend(
  "server.accept(); server.addEventListener('message', ({ data }) => server.send(data))",
)
