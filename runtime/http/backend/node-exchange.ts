// A plugin request on Node's own request and response objects: the server's short path, past the general router.

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { PluginRequest, RequestBody, ResponseSink } from './types.ts'

const MAX_DISCARDED_BYTES = 32 * 1024 * 1024

const SMALL_BODY = 16 * 1024

export function requestFromNode(request: IncomingMessage, target: string): PluginRequest {
  return {
    method: request.method ?? 'GET',
    target,
    headers: lowerNames(request.rawHeaders),
    body: bodyOf(request),
    peer: request.socket.remoteAddress,
  }
}

/** @param told the status, when the head of the answer is sent */
export function sinkOfNode(response: ServerResponse, told?: (status: number) => void): ResponseSink {
  return new NodeSink(response, told)
}

class NodeSink implements ResponseSink {
  onDrain: (() => void) | undefined = undefined
  onClose: (() => void) | undefined = undefined
  readonly #response: ServerResponse
  readonly #told: ((status: number) => void) | undefined

  constructor(response: ServerResponse, told: ((status: number) => void) | undefined) {
    this.#response = response
    this.#told = told
    response.on('close', () => {
      if (!response.writableFinished) this.onClose?.()
    })
  }

  answer(status: number, headers: string[], body: Uint8Array | string | undefined): void {
    const response = this.#response
    if (response.destroyed || response.headersSent) return
    if (status !== 204 && status !== 304 && response.req.method !== 'HEAD') {
      const length =
        body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
      headers.push('content-length', String(length))
    }
    if (!headAsText(response, status, headers)) response.writeHead(status, headers)
    this.#told?.(status)
    // Node sends a head and a string in one piece; bytes would cost a second one. Latin-1 keeps every byte as it is.
    if (body instanceof Uint8Array && body.byteLength <= SMALL_BODY) {
      response.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1'), 'latin1')
    } else {
      response.end(body)
    }
  }

  start(status: number, headers: string[]): void {
    const response = this.#response
    response.writeHead(status, headers)
    this.#told?.(status)
    response.flushHeaders()
    response.on('drain', () => this.onDrain?.())
  }

  write(bytes: Uint8Array): boolean {
    return this.#response.write(bytes)
  }

  end(): void {
    this.#response.end()
  }

  abort(): void {
    this.#response.destroy()
  }
}

function bodyOf(request: IncomingMessage): RequestBody | undefined {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  if (coding === undefined && (length === undefined || length === '0')) return undefined
  return {
    length: length === undefined ? undefined : Number(length),
    read(sink) {
      request.on('data', (chunk: Buffer) => {
        if (!sink.chunk(chunk)) request.pause()
      })
      request.on('end', () => sink.end())
      request.on('error', () => sink.error())
    },
    resume: () => request.resume(),
    discard: () => discard(request),
  }
}

/** What is still on its way is read and dropped; a visitor who sends without end loses the connection. */
function discard(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return
  let left = MAX_DISCARDED_BYTES
  request.removeAllListeners('data')
  request.on('data', (chunk: Buffer) => {
    left -= chunk.byteLength
    if (left < 0) request.destroy()
  })
  request.resume()
}

function lowerNames(raw: readonly string[]): string[] {
  const headers = new Array<string>(raw.length)
  for (let index = 0; index < raw.length; index += 2) {
    headers[index] = (raw[index] as string).toLowerCase()
    headers[index + 1] = raw[index + 1] as string
  }
  return headers
}

let date = ''
let dateAt = 0

/** The head as one text, for the usual case: names and values have been checked (response-rules.ts), the connection stays. */
function headAsText(response: ServerResponse, status: number, headers: readonly string[]): boolean {
  const open = response as unknown as {
    _header: string | null
    _hasBody: boolean
    _contentLength: number | null
    _last: boolean
    useChunkedEncodingByDefault: boolean
    chunkedEncoding: boolean
  }
  const { req } = response
  if (
    !response.shouldKeepAlive ||
    req.httpVersionMinor !== 1 ||
    req.method === 'HEAD' ||
    status === 204 ||
    status === 304
  )
    return false
  const second = Math.floor(performance.now() / 1000)
  if (second !== dateAt) {
    dateAt = second
    date = new Date().toUTCString()
  }
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`
  for (let index = 0; index < headers.length; index += 2)
    text += `${headers[index]}: ${headers[index + 1]}\r\n`
  open._header = `${text}date: ${date}\r\nconnection: keep-alive\r\nkeep-alive: timeout=5\r\n\r\n`
  response.statusCode = status
  open._hasBody = true
  open._last = false
  open.chunkedEncoding = false
  return true
}
