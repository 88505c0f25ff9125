// Request of the Fetch standard. That of a guest call parses and copies nothing until it is accessed.
import type { GuestRequestHead } from '../../../../../sdk/protocol/guest-request.ts'
import { exec, toUpperCase } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import { defineInterface, isObject, requireArguments, toDictionary, toText } from '../base/webidl.ts'
import { AbortSignal, isAbortSignal, type LazySignal } from '../events/abort.ts'
import type { BodySource } from '../streams/streams.ts'
import { parse, URL } from '../url/url.ts'
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
  hasBody,
  isUsed,
  moveBody,
  noBody,
  requireUsable,
  takeBody,
} from './body.ts'
import type { FormData } from './form-data.ts'
import { findHeader, type Headers, headerList, headersFromList, readHeaders } from './headers.ts'

/** Members that only describe the request; nothing here uses them. */
interface RequestMode {
  readonly mode: string
  readonly credentials: string
  readonly cache: string
  readonly redirect: string
  readonly referrer: string
  readonly referrerPolicy: string
  readonly integrity: string
  readonly keepalive: boolean
}

const DEFAULT_MODE: RequestMode = Object.freeze({
  mode: 'cors',
  credentials: 'same-origin',
  cache: 'default',
  redirect: 'follow',
  referrer: 'about:client',
  referrerPolicy: '',
  integrity: '',
  keepalive: false,
})

interface RequestState {
  readonly method: string
  /** Serialised. */
  readonly url: string
  /** Used until `headers` is created. */
  readonly list: readonly string[]
  headers: Headers | undefined
  readonly immutable: boolean
  readonly body: BodyState
  signal: LazySignal | undefined
  readonly mode: RequestMode
}

const FROM_STATE = Object.freeze({})

let makeRequest: (state: RequestState) => Request
let stateOf: (request: Request) => RequestState
export let isRequest: (value: unknown) => value is Request

export class Request {
  readonly #state: RequestState

  static {
    isRequest = (value): value is Request => isObject(value) && #state in value
    makeRequest = (state) => new Request(FROM_STATE, state)
    stateOf = (request) => request.#state
  }

  constructor(input: unknown, init?: unknown) {
    if (input === FROM_STATE) {
      this.#state = init as RequestState
      return
    }
    requireArguments(arguments.length, 1, 'Request')
    this.#state = buildState(input, isRequest(input) ? input.#state : undefined, init)
  }

  #headers(): Headers {
    const state = this.#state
    state.headers ??= headersFromList(state.list as string[], state.immutable)
    return state.headers
  }

  #contentType(): string | null {
    const { headers, list } = this.#state
    return findHeader(headers === undefined ? list : headerList(headers), 'content-type')
  }

  get method(): string {
    return this.#state.method
  }
  get url(): string {
    realm.lastHref = this.#state.url
    return this.#state.url
  }
  get headers(): Headers {
    return this.#headers()
  }
  get signal(): AbortSignal {
    const state = this.#state
    state.signal ??= { signal: AbortSignal.any([]) }
    return state.signal.signal
  }
  get destination(): string {
    void this.#state
    return ''
  }
  get mode(): string {
    return this.#state.mode.mode
  }
  get credentials(): string {
    return this.#state.mode.credentials
  }
  get cache(): string {
    return this.#state.mode.cache
  }
  get redirect(): string {
    return this.#state.mode.redirect
  }
  get referrer(): string {
    return this.#state.mode.referrer
  }
  get referrerPolicy(): string {
    return this.#state.mode.referrerPolicy
  }
  get integrity(): string {
    return this.#state.mode.integrity
  }
  get keepalive(): boolean {
    return this.#state.mode.keepalive
  }
  get duplex(): string {
    void this.#state
    return 'half'
  }
  get isHistoryNavigation(): boolean {
    void this.#state
    return false
  }
  get isReloadNavigation(): boolean {
    void this.#state
    return false
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
  clone(): Request {
    const state = this.#state
    const body = cloneBody(state.body)
    const list = readList(state, undefined)
    const signal = state.signal === undefined ? undefined : following(state.signal)
    return makeRequest({ ...state, list, headers: undefined, body, signal })
  }
}
defineInterface(Request, 'Request')

/** The request of a guest call: nothing is parsed or copied before it is accessed. */
export function requestFromWire(
  head: GuestRequestHead,
  body: Uint8Array | undefined,
  stream: ReadableStream | (() => ReadableStream) | undefined,
  signal: LazySignal | undefined,
): Request {
  return makeRequest({
    method: head.method,
    url: head.url,
    list: head.headers,
    headers: undefined,
    immutable: true,
    body: { source: stream === undefined ? body : undefined, stream, used: false },
    signal,
    mode: DEFAULT_MODE,
  })
}

/** An outbound request. */
export interface OutgoingRequest {
  readonly method: string
  readonly url: string
  /** For reading only. */
  readonly headers: readonly string[]
  readonly redirect: 'follow' | 'manual' | 'error'
  readonly body: BodySource | undefined
  /** Instead of `body`; not readable in any other way. */
  readonly stream: ReadableStream | undefined
  readonly signal: AbortSignal | undefined
}

/** Takes what the host needs to send a request; its body counts as read from now on. */
export function requestToWire(request: Request): OutgoingRequest {
  const { method, url, headers, list, body, mode, signal } = stateOf(request)
  const { source, stream } = takeBody(body)
  return {
    method,
    url,
    headers: headers === undefined ? list : headerList(headers),
    redirect: mode.redirect as OutgoingRequest['redirect'],
    body: source,
    stream,
    signal: signal?.signal,
  }
}

/** State of `new Request(input, init)`; `from` is the state of `input` if that is a Request. */
function buildState(input: unknown, from: RequestState | undefined, initValue: unknown): RequestState {
  const init = toDictionary(initValue, 'The init of a Request')
  const url = from === undefined ? readUrl(input) : from.url
  const method = init.method === undefined ? (from?.method ?? 'GET') : readMethod(init.method)
  const list = readList(from, init.headers)
  const given = init.body === null ? undefined : init.body
  const fromBody = from !== undefined && hasBody(from.body)
  if (given !== undefined || fromBody) {
    if (method === 'GET' || method === 'HEAD') throw new TypeError(`A ${method} request cannot have a body`)
  }
  const signal = readSignal(from, init.signal)
  const mode = readMode(from?.mode ?? DEFAULT_MODE, init)
  let body: BodyState
  if (given !== undefined) {
    const extracted = extractBody(given)
    body = extracted.body
    if (extracted.type !== undefined && findHeader(list, 'content-type') === null) {
      list.push('content-type', extracted.type)
    }
  } else if (from !== undefined) {
    requireUsable(from.body)
    body = moveBody(from.body)
  } else body = noBody()
  return { method, url, list, headers: undefined, immutable: false, body, signal, mode }
}

function readUrl(input: unknown): string {
  const href = parse(input, undefined)
  if (href === undefined) throw new TypeError('The URL of the request is not an absolute URL')
  const url = new URL(href)
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('The URL of the request holds a user name or password')
  }
  return href
}

const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~\w]/
const NORMALIZED: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'])
const FORBIDDEN: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK'])

function readMethod(value: unknown): string {
  const method = toText(value)
  const upper = toUpperCase(method)
  if (method === '' || exec(NOT_TOKEN, method) !== null || FORBIDDEN.has(upper)) {
    throw new TypeError(`"${method.slice(0, 100)}" is not a method that a request can have`)
  }
  return NORMALIZED.has(upper) ? upper : method
}

function readList(from: RequestState | undefined, headers: unknown): string[] {
  if (headers !== undefined) return readHeaders(headers)
  if (from === undefined) return []
  return [...(from.headers === undefined ? from.list : headerList(from.headers))]
}

function readSignal(from: RequestState | undefined, signal: unknown): LazySignal | undefined {
  if (signal === null) return undefined
  if (signal !== undefined) {
    if (!isAbortSignal(signal)) throw new TypeError('"signal" is not an AbortSignal')
    return following({ signal })
  }
  return from?.signal === undefined ? undefined : following(from.signal)
}

/** A new signal that aborts with `source`, created on first access. */
function following(source: LazySignal): LazySignal {
  let made: AbortSignal | undefined
  return {
    get signal() {
      made ??= AbortSignal.any([source.signal])
      return made
    },
  }
}

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  mode: ['same-origin', 'no-cors', 'cors'],
  credentials: ['omit', 'same-origin', 'include'],
  cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
  redirect: ['follow', 'error', 'manual'],
  referrerPolicy: [
    '',
    'no-referrer',
    'no-referrer-when-downgrade',
    'same-origin',
    'origin',
    'strict-origin',
    'origin-when-cross-origin',
    'strict-origin-when-cross-origin',
    'unsafe-url',
  ],
}

function readMode(base: RequestMode, init: Readonly<Record<string, unknown>>): RequestMode {
  let mode: Record<string, unknown> | undefined
  for (const key of Object.keys(CHOICES)) {
    const value = init[key]
    if (value === undefined) continue
    const text = toText(value)
    if (CHOICES[key]?.includes(text) !== true) throw new TypeError(`"${text}" is not a value of "${key}"`)
    mode ??= { ...base }
    mode[key] = text
  }
  if (init.integrity !== undefined) mode = { ...(mode ?? base), integrity: toText(init.integrity) }
  if (init.keepalive !== undefined) mode = { ...(mode ?? base), keepalive: Boolean(init.keepalive) }
  return mode === undefined ? base : (mode as unknown as RequestMode)
}
