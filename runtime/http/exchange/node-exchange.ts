// A plugin request on Node's own request and response objects: the server's short path, bypassing the general router.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpMeter, MeterTarget } from '../metrics/http-meter.ts'
import type { BodySink, PluginRequest, RequestBody } from './exchange.ts'
import { PreparedHeads } from './prepared-head.ts'
import type { Arrival, Hold, ResponseSink, ResponseSource } from './response-sink.ts'

const MAX_DISCARDED_BYTES = 32 * 1024 * 1024

const SMALL_BODY = 16 * 1024

/** @param target the part of its URL below the mount */
export function requestFromNode(request: IncomingMessage, target: string): PluginRequest {
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    target,
    headers: lowerNames(request.rawHeaders),
    body: bodyOf(request),
  }
}

/** The responses of one server. */
export class NodeResponses {
  readonly heads = new PreparedHeads()
  readonly meter: HttpMeter | undefined

  /** @param meter counts each response when its head is sent */
  constructor(meter?: HttpMeter) {
    this.meter = meter
  }

  sinkOf(response: ServerResponse, target: MeterTarget): ResponseSink {
    return new NodeSink(this, response, target)
  }
}

class NodeSink implements ResponseSink {
  readonly returnsMemory = true
  source: ResponseSource | undefined = undefined
  hold: Hold | undefined = undefined
  arrival: Arrival | undefined = undefined
  readonly #owner: NodeResponses
  readonly #response: ServerResponse
  readonly #target: MeterTarget
  readonly #began = performance.now()

  constructor(owner: NodeResponses, response: ServerResponse, target: MeterTarget) {
    this.#owner = owner
    this.#response = response
    this.#target = target
    response.on('close', () => {
      if (!response.writableFinished) this.source?.onClose()
      this.hold?.release()
    })
  }

  get isClosed(): boolean {
    return this.#response.destroyed
  }

  answer(status: number, headers: string[], body: Uint8Array | string | undefined): void {
    const response = this.#response
    if (response.destroyed || response.headersSent) return
    if (status !== 204 && status !== 304 && response.req.method !== 'HEAD') {
      const length =
        body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
      headers.push('content-length', String(length))
    }
    const now = performance.now()
    if (!this.#owner.heads.prepare(response, { status, headers, now })) response.writeHead(status, headers)
    this.#count(status, now)
    // Node sends a head and a string in one write; bytes would cost a second one. Latin-1 keeps every byte as it is.
    if (body instanceof Uint8Array && body.byteLength <= SMALL_BODY) {
      response.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1'), 'latin1')
    } else {
      response.end(body)
    }
  }

  start(status: number, headers: string[]): void {
    const response = this.#response
    response.writeHead(status, headers)
    this.#count(status, performance.now())
    response.flushHeaders()
    response.on('drain', () => this.source?.onDrain())
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

  #count(status: number, now: number): void {
    this.#owner.meter?.record(this.#target, status, now - this.#began)
  }
}

function bodyOf(request: IncomingMessage): RequestBody | undefined {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  if (coding === undefined && (length === undefined || length === '0')) return undefined
  return new NodeBody(request, length === undefined ? undefined : Number(length))
}

class NodeBody implements RequestBody {
  readonly length: number | undefined
  readonly #request: IncomingMessage

  constructor(request: IncomingMessage, length: number | undefined) {
    this.#request = request
    this.length = length
  }

  read(sink: BodySink): void {
    const request = this.#request
    request.on('data', (chunk: Buffer) => {
      if (!sink.chunk(chunk)) request.pause()
    })
    request.on('end', () => sink.end())
    request.on('error', () => sink.error())
  }

  resume(): void {
    this.#request.resume()
  }

  discard(): void {
    discard(this.#request)
  }
}

/** Reads and drops the rest; a client that sends too much is disconnected. */
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
