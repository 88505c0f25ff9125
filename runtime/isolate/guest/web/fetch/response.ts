// Response of the Fetch standard, and its path out of the isolate.

import { exec, jsonStringify, slice } from '../base/primordials.ts'
import { defineInterface, isObject, requireArguments, toDictionary, toText, toUsv } from '../base/webidl.ts'
import { parse } from '../url/url.ts'
import type { Blob } from './blob.ts'
import {
  type BodyState,
  bodyBlob,
  bodyBytes,
  bodyForm,
  bodyJson,
  bodyStream,
  bodyText,
  cloneBody,
  extractBody,
  isUsed,
  noBody,
  takeBody,
} from './body.ts'
import { untouchedFile } from './file-body.ts'
import type { FormData } from './form-data.ts'
import { findHeader, type Headers, headerList, headersFromList, readHeaders } from './headers.ts'
import { isWebSocket, type WebSocket } from './websocket.ts'

interface ResponseState {
  readonly type: 'default' | 'error' | 'basic'
  /** Final URL of a response to fetch(). */
  readonly url?: string
  readonly redirected?: boolean
  readonly status: number
  readonly statusText: string
  /** Used until `headers` is created; it may be shared, so it is copied then. */
  readonly list: readonly string[]
  headers: Headers | undefined
  readonly immutable: boolean
  readonly body: BodyState
  /** For a 101: the end of a WebSocketPair that becomes the visitor's. */
  readonly socket?: WebSocket | undefined
}

export interface WireResponse {
  /** JSON of a GuestResponseHead. */
  readonly head: string
  /** The host encodes a string. */
  readonly body: string | Uint8Array | undefined
  /** Instead of `body`; not readable in any other way. */
  readonly stream: ReadableStream | undefined
  /** Present with status 101. */
  readonly socket?: SocketHandover
}

export interface SocketHandover {
  readonly socket: WebSocket
  /** The sub-protocol that the plugin chose; "" without one. */
  readonly protocol: string
}

const FROM_STATE = Object.freeze({})
const JSON_LIST: readonly string[] = Object.freeze(['content-type', 'application/json'])
const JSON_HEAD = '{"status":200,"statusText":"","headers":["content-type","application/json"]}'
const NO_HEADERS: readonly string[] = Object.freeze([])
const NOT_REASON = /[^\t\x20-\x7e\x80-\xff]/

let makeResponse: (state: ResponseState) => Response
let stateOf: (response: Response) => ResponseState
export let isResponse: (value: unknown) => value is Response

/** With `status: 101` and a `webSocket`, the response to a handshake: see [websocket.md](websocket.md). */
export class Response {
  readonly #state: ResponseState

  static {
    isResponse = (value): value is Response => isObject(value) && #state in value
    makeResponse = (state) => new Response(FROM_STATE, state)
    stateOf = (response) => response.#state
  }

  constructor(body?: unknown, init?: unknown) {
    if (body === FROM_STATE) {
      this.#state = init as ResponseState
      return
    }
    if (body === undefined || body === null) {
      this.#state = buildState(init, noBody(), undefined)
    } else {
      const extracted = extractBody(body)
      this.#state = buildState(init, extracted.body, extracted.type)
      if (isNullStatus(this.#state.status)) {
        throw new TypeError(`A response with status ${this.#state.status} cannot have a body`)
      }
    }
  }

  static error(): Response {
    return new Response(FROM_STATE, {
      type: 'error',
      status: 0,
      statusText: '',
      list: NO_HEADERS,
      headers: undefined,
      immutable: true,
      body: noBody(),
    } satisfies ResponseState)
  }

  static redirect(url: unknown, status: unknown = 302): Response {
    requireArguments(arguments.length, 1, 'Response.redirect()')
    const href = parse(toUsv(url), undefined)
    if (href === undefined) throw new TypeError('The URL of the redirect is not an absolute URL')
    const code = Number(status) & 0xffff
    if (code !== 301 && code !== 302 && code !== 303 && code !== 307 && code !== 308) {
      throw new RangeError(`${code} is not the status of a redirect`)
    }
    return new Response(FROM_STATE, {
      type: 'default',
      status: code,
      statusText: '',
      list: ['location', href],
      headers: undefined,
      immutable: true,
      body: noBody(),
    } satisfies ResponseState)
  }

  static json(data: unknown, init?: unknown): Response {
    requireArguments(arguments.length, 1, 'Response.json()')
    const source = jsonStringify(data)
    if (source === undefined) throw new TypeError('The data is not serializable as JSON')
    const body: BodyState = { source, stream: undefined, used: false }
    if (init !== undefined) {
      const state = buildState(init, body, 'application/json')
      if (isNullStatus(state.status))
        throw new TypeError(`A response with status ${state.status} cannot have a body`)
      return new Response(FROM_STATE, state)
    }
    return new Response(FROM_STATE, {
      type: 'default',
      status: 200,
      statusText: '',
      list: JSON_LIST,
      headers: undefined,
      immutable: false,
      body,
    } satisfies ResponseState)
  }

  #contentType(): string | null {
    return findHeader(currentList(this.#state), 'content-type')
  }

  get type(): string {
    return this.#state.type
  }
  get url(): string {
    return this.#state.url ?? ''
  }
  get redirected(): boolean {
    return this.#state.redirected ?? false
  }
  get status(): number {
    return this.#state.status
  }
  get ok(): boolean {
    return this.#state.status >= 200 && this.#state.status < 300
  }
  get statusText(): string {
    return this.#state.statusText
  }
  get headers(): Headers {
    const state = this.#state
    state.headers ??= headersFromList([...state.list], state.immutable)
    return state.headers
  }
  get webSocket(): WebSocket | null {
    return this.#state.socket ?? null
  }
  get body(): ReadableStream | null {
    return bodyStream(this.#state.body)
  }
  get bodyUsed(): boolean {
    return isUsed(this.#state.body)
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await bodyBytes(this.#state.body)).buffer
  }
  async blob(): Promise<Blob> {
    return await bodyBlob(this.#state.body, this.#contentType())
  }
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return await bodyBytes(this.#state.body)
  }
  async formData(): Promise<FormData> {
    return await bodyForm(this.#state.body, this.#contentType())
  }
  async json(): Promise<unknown> {
    return await bodyJson(this.#state.body)
  }
  async text(): Promise<string> {
    return await bodyText(this.#state.body)
  }
  clone(): Response {
    const state = this.#state
    if (state.socket !== undefined) throw new TypeError('A response with a WebSocket cannot be cloned')
    const body = cloneBody(state.body)
    return new Response(FROM_STATE, { ...state, list: [...currentList(state)], headers: undefined, body })
  }
}
defineInterface(Response, 'Response')

function currentList(state: ResponseState): readonly string[] {
  return state.headers === undefined ? state.list : headerList(state.headers)
}

function isNullStatus(status: number): boolean {
  return status === 101 || status === 103 || status === 204 || status === 205 || status === 304
}

function buildState(initValue: unknown, body: BodyState, type: string | undefined): ResponseState {
  const init = toDictionary(initValue, 'The init of a Response')
  const list = init.headers === undefined ? [] : readHeaders(init.headers)
  const status = init.status === undefined ? 200 : Number(init.status) & 0xffff
  const statusText = init.statusText === undefined ? '' : toText(init.statusText)
  const socket = readSocket(init.webSocket, status)
  if ((status < 200 && socket === undefined) || status > 599)
    throw new RangeError('The status must be between 200 and 599')
  if (exec(NOT_REASON, statusText) !== null)
    throw new TypeError('The status text holds a forbidden character')
  if (type !== undefined && findHeader(list, 'content-type') === null) list.push('content-type', type)
  return { type: 'default', status, statusText, list, headers: undefined, immutable: false, body, socket }
}

/** `webSocket` of the init: the member of Cloudflare Workers that most frameworks know. */
function readSocket(value: unknown, status: number): WebSocket | undefined {
  if (value === undefined || value === null) return undefined
  if (!isWebSocket(value)) throw new TypeError('"webSocket" is not a WebSocket')
  if (status !== 101) throw new RangeError('The status of a response with a WebSocket is 101')
  return value
}

/** A response that came into the isolate. */
export interface IncomingResponse {
  readonly status: number
  readonly statusText: string
  readonly headers: readonly string[]
  readonly url: string
  readonly redirected: boolean
  readonly stream: ReadableStream | undefined
}

/**
 * Applies to a response that is read whole, not as a stream.
 * @limit `fetch()`: body that is read whole, by `text()`, `json()` and their kin, in bytes
 * @passed they reject; read `body` as a stream instead
 */
const MAX_WHOLE = 20_000_000

/** The Response that fetch() resolves to. */
export function responseFromWire({ stream, headers, ...head }: IncomingResponse): Response {
  const body: BodyState = { source: undefined, stream, used: false, maxWhole: MAX_WHOLE }
  return makeResponse({ ...head, type: 'basic', list: headers, headers: undefined, immutable: true, body })
}

/** The response of fetch() to a data: URL. `body` is undefined for HEAD. */
export function responseOfData(
  url: string,
  type: string,
  body: Uint8Array<ArrayBuffer> | undefined,
): Response {
  return makeResponse({
    type: 'basic',
    url,
    redirected: false,
    status: 200,
    statusText: 'OK',
    list: ['content-type', type],
    headers: undefined,
    immutable: true,
    body: { source: body, stream: undefined, used: false },
  })
}

/**
 * Takes what the host needs to send a response; its body counts as read from now on.
 * Throws a TypeError for a value that is not a Response of this realm, was read, or is a network error.
 */
export function responseToWire(response: unknown): WireResponse {
  if (!isResponse(response)) throw new TypeError('The handler did not return a Response')
  const state = stateOf(response)
  if (state.type === 'error')
    throw new TypeError('The handler returned Response.error(), which cannot be sent')
  const { source, stream } = takeBody(state.body)
  const { socket } = state
  const file = untouchedFile(stream)
  if (file !== undefined) {
    const head = `${slice(headOf(state), 0, -1)},"file":{"id":${file.id},"start":${file.start},"length":${file.length}}}`
    return { head, body: undefined, stream: undefined }
  }
  if (socket === undefined) return { head: headOf(state), body: source, stream }
  const protocol = findHeader(currentList(state), 'sec-websocket-protocol') ?? ''
  return { head: headOf(state), body: source, stream, socket: { socket, protocol } }
}

/** Not JSON.stringify, which would look up toJSON() on the prototypes of objects and arrays. */
function headOf(state: ResponseState): string {
  const list = currentList(state)
  if (list === JSON_LIST && state.status === 200 && state.statusText === '') return JSON_HEAD
  let headers = ''
  for (let i = 0; i < list.length; i++) headers += `${i === 0 ? '' : ','}${jsonStringify(list[i])}`
  return `{"status":${state.status},"statusText":${jsonStringify(state.statusText)},"headers":[${headers}]}`
}
