// Keeps slow, endless and oversized requests from holding a connection of the server.
// Invariant: a connection that makes progress is never cut, and time spent inside the runtime is not counted as delay of the client.

import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { ERROR_CODES, type ErrorCode } from '../../errors.ts'

export interface ConnectionLimits {
  /** From the first byte of a request to the end of its headers. 30,000. */
  readonly headersMs: number
  /** Every window of this length must bring `bodyWindowBytes` of the body, or its end. 30,000. */
  readonly bodyWindowMs: number
  /** 16,384. */
  readonly bodyWindowBytes: number
  /** An unwanted body is still read for this long after its answer, since many clients send first and read later. 30,000. */
  readonly lingerMs: number
  /** 64,000,000. */
  readonly lingerBytes: number
  /** A client that does not read its answer is disconnected after this time. 60,000. */
  readonly unreadMs: number
  /** 200; their total size has Node's limit of 16 kB. */
  readonly maxHeaders: number
  /** Path and query. 8,000 characters. */
  readonly maxTargetLength: number
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  headersMs: 30_000,
  bodyWindowMs: 30_000,
  bodyWindowBytes: 16_384,
  lingerMs: 30_000,
  lingerBytes: 64_000_000,
  unreadMs: 60_000,
  maxHeaders: 200,
  maxTargetLength: 8000,
}

/** Node options that belong to the guard; a total for the whole request would cut a large upload that makes progress. */
export function serverOptionsOf({ headersMs }: Pick<ConnectionLimits, 'headersMs'>) {
  return {
    headersTimeout: headersMs,
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(5000, headersMs),
    maxHeaderSize: 16_384,
    // The guard checks it, and ignores everything after a refusal.
    requireHostHeader: false,
  } as const
}

/** The state of one connection. */
interface Connection {
  /** Requests whose answer has not ended. */
  open: number
  /** The response to the newest one. */
  response: ServerResponse | undefined
  /** A request was refused: later ones on the same connection are ignored. */
  refused: boolean
}

/** A request whose body is incomplete. */
interface Arriving {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Start of the window. */
  since: number
  /** Bytes received on the connection by then. */
  bytes: number
  late: boolean
  answered: boolean
}

/** Passes requests to `handle`, except those refused here. Ends with the server. */
export function guardConnections(server: Server, handle: RequestListener, limits: ConnectionLimits): void {
  const connections = new WeakMap<Duplex, Connection>()
  const arriving = new Set<Arriving>()
  const sweep = setInterval(
    () => {
      for (const each of arriving) {
        if (each.request.complete || each.request.destroyed) arriving.delete(each)
        else check(each, limits, (code) => refuseSocket(each.request.socket, code, connections))
      }
    },
    Math.max(10, Math.min(limits.bodyWindowMs / 5, 1000)),
  ).unref()

  // Node silently drops headers beyond its own count: total bytes are bounded, and the count is checked below.
  server.maxHeadersCount = 0
  server.on('request', (request, response) => {
    const { socket } = request
    const connection = connections.get(socket) ?? { open: 0, response: undefined, refused: false }
    connections.set(socket, connection)
    if (connection.refused) return
    connection.open++
    connection.response = response
    // 'close' comes once: "once" would only wrap the listener and remove it again.
    response.on('close', () => connection.open--)
    const refusal = refusalOf(request, limits)
    if (refusal !== undefined) {
      connection.refused = true
      return refuse(response, refusal)
    }
    if (hasBody(request)) {
      const { bytesRead: bytes } = socket
      arriving.add({ request, response, since: performance.now(), bytes, late: false, answered: false })
    }
    handle(request, response)
  })
  server.on('checkContinue', (request, response) => {
    continueWhenRead(request, response)
    server.emit('request', request, response)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    refuseSocket(socket, codeOfParser(error), connections),
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

function check(each: Arriving, limits: ConnectionLimits, refuseWith: (code: ErrorCode) => void): void {
  const { request, response } = each
  const { socket } = request
  const begin = () => {
    each.since = performance.now()
    each.bytes = socket.bytesRead
    each.late = false
  }
  const age = performance.now() - each.since
  const arrived = socket.bytesRead - each.bytes
  if (each.answered) {
    if (age > limits.lingerMs || arrived > limits.lingerBytes) socket.destroy()
  } else if (response.writableEnded) {
    each.answered = true
    begin()
  } else if (request.readableLength > 0) {
    // Received data waits for its reader: we hold the sender back.
    begin()
  } else if (age > limits.bodyWindowMs) {
    if (arrived >= limits.bodyWindowBytes) begin()
    // Checked twice: after a pause of our own event loop, pending data is read between the two checks.
    else if (each.late) refuseWith('BODY_TOO_SLOW')
    else each.late = true
  }
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

function refuse(response: ServerResponse, code: ErrorCode): void {
  const body = bodyOf(code)
  response.writeHead(ERROR_CODES[code].status, {
    ...SECURITY,
    connection: 'close',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** For requests without a response to write to: malformed ones, or those whose handler waits for the rest. */
function refuseSocket(socket: Duplex, code: ErrorCode, connections: WeakMap<Duplex, Connection>): void {
  const known = connections.get(socket)
  const isFree =
    known === undefined || known.open === 0 || (known.open === 1 && known.response?.headersSent === false)
  // Any bytes would be read as part of the answer in progress.
  if (!socket.writable || !isFree) return void socket.destroy()
  const body = bodyOf(code)
  const { status, title } = ERROR_CODES[code]
  const headers = { ...SECURITY, connection: 'close', 'content-length': Buffer.byteLength(body) }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

function bodyOf(code: ErrorCode): string {
  const { status, title } = ERROR_CODES[code]
  return JSON.stringify({ type: `/docs/errors#${code}`, title, status, code })
}

function codeOfParser({ code }: NodeJS.ErrnoException): ErrorCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'BODY_TOO_SLOW' : 'BAD_REQUEST'
}
