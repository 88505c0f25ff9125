// Keeps slow, endless and oversized requests from holding a connection of the server.
// Invariant: a connection that makes progress is never cut, and time spent inside the runtime is not counted as delay of the client.

import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { ERROR_CODES, type ErrorCode } from '../../errors.ts'
import { type ArrivalLimits, ArrivingBody } from './arriving-body.ts'
import { problemType } from './problem-type.ts'

export interface ConnectionLimits extends ArrivalLimits {
  /** From the first byte of a request to the end of its headers. 30,000. */
  readonly headersMs: number
  /** A client that does not read its answer is disconnected after this time. 60,000. */
  readonly unreadMs: number
  /** Between two requests of a connection. 5,000; behind a proxy 125,000. */
  readonly idleMs: number
  /** 200; their total size has Node's limit of 16 kB. */
  readonly maxHeaders: number
  /** Path and query. 8,000 characters. */
  readonly maxTargetLength: number
}

export interface GuardOptions extends ConnectionLimits {
  /** As in problemType(). */
  readonly shell: string
  /** Of a request whose head was read. */
  readonly onRefused?: (request: IncomingMessage, code: ErrorCode) => void
}

/**
 * Longer than proxies keep a connection that they do not use: Caddy two minutes, nginx one. Where the server closes it first, a request
 * that is just being sent is lost, and one with a body is not sent again: its visitor gets 502.
 */
export const IDLE_BEHIND_PROXY_MS = 125_000

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  headersMs: 30_000,
  bodyWindowMs: 30_000,
  bodyWindowBytes: 16_384,
  lingerMs: 30_000,
  lingerBytes: 64_000_000,
  unreadMs: 60_000,
  idleMs: 5000,
  maxHeaders: 200,
  maxTargetLength: 8000,
}

/** Node options that belong to the guard; a total for the whole request would cut a large upload that makes progress. */
export function serverOptionsOf({ headersMs, idleMs }: Pick<ConnectionLimits, 'headersMs' | 'idleMs'>) {
  return {
    headersTimeout: headersMs,
    keepAliveTimeout: idleMs,
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(5000, headersMs),
    maxHeaderSize: 16_384,
    // The guard checks it, and ignores everything after a refusal.
    requireHostHeader: false,
  } as const
}

/** The state of one connection. */
class Connection {
  /** Requests whose answer has not ended. */
  open = 0
  /** The response to the newest one. */
  response: ServerResponse | undefined
  /** A request was refused: later ones on the same connection are ignored. */
  refused = false
  readonly body = new ArrivingBody()
}

/** Passes requests to `handle`, except those refused here. Ends with the server. */
export function guardConnections(server: Server, handle: RequestListener, limits: GuardOptions): void {
  const { shell, onRefused } = limits
  const connections = new Map<Duplex, Connection>()
  const sweep = setInterval(
    () => {
      for (const [socket, { body }] of connections) {
        const code = body.check(limits)
        if (code !== undefined) refuseSocket(socket, problemOf(code, shell), connections)
      }
    },
    Math.max(10, Math.min(limits.bodyWindowMs / 5, 1000)),
  ).unref()
  server.on('connection', (socket) => {
    connections.set(socket, new Connection())
    socket.on('close', () => connections.delete(socket))
  })

  // Node silently drops headers beyond its own count: total bytes are bounded, and the count is checked below.
  server.maxHeadersCount = 0
  server.on('request', (request, response) => {
    const { socket } = request
    const connection = connections.get(socket)
    if (connection === undefined || connection.refused) return
    connection.open++
    connection.response = response
    // 'close' comes once: "once" would only wrap the listener and remove it again.
    response.on('close', () => {
      connection.open--
      connection.body.release()
    })
    const refusal = refusalOf(request, limits)
    if (refusal !== undefined) {
      connection.refused = true
      onRefused?.(request, refusal)
      return refuse(response, problemOf(refusal, shell))
    }
    if (hasBody(request)) connection.body.begin(request, response)
    handle(request, response)
  })
  server.on('checkContinue', (request, response) => {
    continueWhenRead(request, response)
    server.emit('request', request, response)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    refuseSocket(socket, problemOf(codeOfParser(error), shell), connections),
  )
  server.setTimeout(limits.unreadMs, (socket) => {
    // Without a request the connection is idle; with one, a plugin or an event stream may be silent for longer.
    if ((connections.get(socket)?.open ?? 0) === 0 || socket.writableLength > 0) socket.destroy()
  })
  server.on('close', () => clearInterval(sweep))
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function refusalOf(request: IncomingMessage, limits: ConnectionLimits): ErrorCode | undefined {
  const { url = '', rawHeaders } = request
  if (url.length > limits.maxTargetLength) return 'URL_TOO_LONG'
  if (rawHeaders.length / 2 > limits.maxHeaders) return 'HEADERS_TOO_LARGE'
  if (!isNamedOnce(request)) return 'BAD_REQUEST'
  return url.startsWith('/') ? undefined : makeRelative(request)
}

/** "GET http://name/path" (RFC 9112, 3.2.2), the form for a proxy, becomes "/path" if the Host has the same name. */
function makeRelative(request: IncomingMessage): ErrorCode | undefined {
  const [, authority, rest = ''] = /^https?:\/\/([^/?#]*)([\s\S]*)$/i.exec(request.url ?? '') ?? []
  if (authority === undefined || authority.includes('@')) return 'BAD_REQUEST'
  if (authority.toLowerCase() !== request.headers.host?.toLowerCase()) return 'MISDIRECTED'
  request.url = rest.startsWith('/') ? rest : `/${rest}`
  return undefined
}

/** No Host or two of them (RFC 9112, 3.2): a proxy in front may have used another name than we would. */
function isNamedOnce({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    if (name.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count === 1 || (count === 0 && httpVersion === '1.0')
}

/** "Expect: 100-continue": the body is requested when it is first read, so a refusal precedes it. */
function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  const { shouldKeepAlive } = response
  // Only the client knows whether an unread body follows a refusal: the connection takes no further request.
  response.shouldKeepAlive = false
  const onListener = (event: string | symbol) => {
    if ((event !== 'data' && event !== 'readable') || response.headersSent) return
    request.off('newListener', onListener)
    response.shouldKeepAlive = shouldKeepAlive
    response.writeContinue()
  }
  request.on('newListener', onListener)
}

const SECURITY = {
  'content-type': 'application/problem+json',
  'content-security-policy': "default-src 'none'; sandbox",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const

function refuse(response: ServerResponse, { status, body }: GuardProblem): void {
  response.writeHead(status, {
    ...SECURITY,
    connection: 'close',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** For requests without a response to write to: malformed ones, or those whose handler waits for the rest. */
function refuseSocket(
  socket: Duplex,
  { status, title, body }: GuardProblem,
  connections: ReadonlyMap<Duplex, Connection>,
): void {
  const known = connections.get(socket)
  const isFree =
    known === undefined || known.open === 0 || (known.open === 1 && known.response?.headersSent === false)
  // Any bytes would be read as part of the answer in progress.
  if (!socket.writable || !isFree) return void socket.destroy()
  const headers = { ...SECURITY, connection: 'close', 'content-length': Buffer.byteLength(body) }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

interface GuardProblem {
  readonly status: number
  readonly title: string
  readonly body: string
}

function problemOf(code: ErrorCode, shell: string): GuardProblem {
  const { status, title } = ERROR_CODES[code]
  return { status, title, body: JSON.stringify({ type: problemType(code, shell), title, status, code }) }
}

function codeOfParser({ code }: NodeJS.ErrnoException): ErrorCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'BODY_TOO_SLOW' : 'BAD_REQUEST'
}
