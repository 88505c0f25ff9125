// A plugin request on Node's own request and response objects: the server's short path, past the general router.

import type { IncomingMessage, ServerResponse } from 'node:http'
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
  const sink: ResponseSink = {
    onDrain: undefined,
    onClose: undefined,
    answer(status, headers, body) {
      if (response.destroyed || response.headersSent) return
      if (status !== 204 && status !== 304 && response.req.method !== 'HEAD') {
        headers.push('content-length', String(body === undefined ? 0 : Buffer.byteLength(body)))
      }
      response.writeHead(status, headers)
      told?.(status)
      // Node sends a head and a string in one piece; bytes would cost a second one. Latin-1 keeps every byte as it is.
      if (body instanceof Uint8Array && body.byteLength <= SMALL_BODY) {
        response.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1'), 'latin1')
      } else {
        response.end(body)
      }
    },
    start(status, headers) {
      response.writeHead(status, headers)
      told?.(status)
      response.flushHeaders()
      response.on('drain', () => sink.onDrain?.())
    },
    write: (bytes) => response.write(bytes),
    end: () => response.end(),
    abort: () => response.destroy(),
  }
  response.once('close', () => {
    if (!response.writableFinished) sink.onClose?.()
  })
  return sink
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
