// Client of the admin API of a running server: finds the server and the token, and words failures by the error table.
// Invariant: the token of the local data folder is sent to this machine only, and no token follows a redirect.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { BACKUP_TYPE, PACKAGE_TYPE, SNAPSHOT_TYPE } from '../../sdk/api/media-types.ts'
import { loadConfig } from '../config/config-sources.ts'
import { isErrorCode, PlugbayError, type Problem } from '../errors.ts'
import type { Io } from './io.ts'
import { addJsonOption } from './session.ts'

export interface ClientOptions {
  readonly url?: string
  readonly token?: string
  readonly json?: boolean
}

export interface ApiClient {
  /** Address of the server, without a slash at its end: "http://127.0.0.1:3000". */
  readonly origin: string
  /** Rejects with SERVER_UNREACHABLE, or with the code and problems of the response. Resolves to undefined on 204. */
  request(method: string, path: string, body?: RequestBody): Promise<unknown>
  /** Every item of a list, page after page. */
  list(path: string): Promise<readonly unknown[]>
  /** A file; its body fails when it is truncated. Rejects as request(). */
  download(path: string): Promise<Download>
  /** All data of the server, of a length that is not known before. Rejects as request(). */
  backup(): Promise<ReadableStream<Uint8Array>>
  /** The bytes of an event stream; ends when the server ends it or the signal aborts. */
  stream(path: string, options: StreamOptions): Promise<ReadableStream<Uint8Array>>
}

export interface StreamOptions {
  /** Id of the last event received; the stream continues after it. */
  readonly lastEventId: number
  readonly signal: AbortSignal
}

export type RequestBody =
  | { readonly json: unknown }
  | { readonly zip: Blob }
  | { readonly snapshot: ReadableStream<Uint8Array> }
  | { readonly backup: ReadableStream<Uint8Array> }

export interface Download {
  readonly bytes: number
  readonly body: AsyncIterable<Uint8Array>
}

/** Adds the options of every command that connects to a server. */
export function addClientOptions(command: Command): Command {
  command.option('--url <url>', 'address of the server (PLUGBAY_URL; default: the server of this machine)')
  command.option(
    '--token <token>',
    'an admin token (PLUGBAY_TOKEN; default: the file admin-token in the data folder)',
  )
  return addJsonOption(command)
}

/** Flags override PLUGBAY_URL and PLUGBAY_TOKEN; the default is the server that `plugbay serve` would start in this folder. */
export function openClient(io: Io, options: ClientOptions): ApiClient {
  const named = options.url ?? (io.env.PLUGBAY_URL || undefined)
  const token = options.token ?? (io.env.PLUGBAY_TOKEN || undefined)
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new PlugbayError('USAGE', 'The token holds characters that no token has')
  }
  if (named !== undefined) {
    const base = parseBase(named)
    return new HttpClient(base, token ?? (isLoopback(base) ? localToken(io) : undefined))
  }
  const config = loadConfig({ env: io.env, cwd: io.cwd })
  const anyAddress = config.host === '0.0.0.0' || config.host === '::'
  const host = anyAddress ? '127.0.0.1' : config.host
  const base = parseBase(`http://${host.includes(':') ? `[${host}]` : host}:${config.port}${config.basePath}`)
  return new HttpClient(base, token ?? config.adminToken ?? localToken(io))
}

function parseBase(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new PlugbayError('USAGE', `"${text}" is not the address of a server`, {
      problems: [
        {
          code: 'USAGE',
          message: `"${text}" is not the address of a server`,
          hint: 'Write it like http://127.0.0.1:3000',
        },
      ],
    })
  }
  url.search = ''
  url.hash = ''
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d+){3}$/.test(url.hostname)
}

function localToken(io: Io): string | undefined {
  const path = join(loadConfig({ env: io.env, cwd: io.cwd }).data, 'admin-token')
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    // No token found: the server's 401 then explains what to do, which fits every reason.
    return undefined
  }
}

class HttpClient implements ApiClient {
  readonly #base: URL
  readonly #token: string | undefined

  constructor(base: URL, token: string | undefined) {
    this.#base = base
    this.#token = token
  }

  get origin(): string {
    return this.#base.href.replace(/\/$/, '')
  }

  async request(method: string, path: string, body?: RequestBody): Promise<unknown> {
    const response = await this.#send(method, path, body === undefined ? {} : bodyInit(body))
    if (response.status === 204) return undefined
    const type = response.headers.get('content-type') ?? ''
    if (!type.includes('json')) throw this.#notPlugbay(`it answered ${response.status} with "${type}"`)
    return await response.json().catch((error: unknown) => {
      throw this.#notPlugbay('its answer ended early', error)
    })
  }

  async list(path: string): Promise<readonly unknown[]> {
    const items: unknown[] = []
    let cursor: string | undefined
    do {
      const join = path.includes('?') ? '&' : '?'
      const page = await this.request(
        'GET',
        cursor === undefined ? path : `${path}${join}cursor=${encodeURIComponent(cursor)}`,
      )
      if (typeof page !== 'object' || page === null || !('items' in page) || !Array.isArray(page.items)) {
        throw this.#notPlugbay('its answer is not a list')
      }
      items.push(...page.items)
      cursor = 'nextCursor' in page && typeof page.nextCursor === 'string' ? page.nextCursor : undefined
    } while (cursor !== undefined)
    return items
  }

  async download(path: string): Promise<Download> {
    const response = await this.#send('GET', path, { headers: { accept: SNAPSHOT_TYPE } })
    const length = response.headers.get('content-length')
    if (response.body === null || length === null || response.headers.get('content-type') !== SNAPSHOT_TYPE)
      throw this.#notPlugbay('its answer is not a snapshot')
    return { bytes: Number(length), body: this.#whole(response.body) }
  }

  async backup(): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#send('GET', 'backup', { headers: { accept: BACKUP_TYPE } })
    if (response.body === null || response.headers.get('content-type') !== BACKUP_TYPE)
      throw this.#notPlugbay('its answer is not a backup')
    return response.body
  }

  async stream(path: string, { lastEventId, signal }: StreamOptions): Promise<ReadableStream<Uint8Array>> {
    const headers = { accept: 'text/event-stream', 'last-event-id': String(lastEventId) }
    const response = await this.#send('GET', path, { headers, signal })
    if (
      response.body === null ||
      !(response.headers.get('content-type') ?? '').startsWith('text/event-stream')
    ) {
      throw this.#notPlugbay('its answer is not an event stream')
    }
    return response.body
  }

  async #send(method: string, path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers)
    if (!headers.has('accept')) headers.set('accept', 'application/json')
    if (this.#token !== undefined) headers.set('authorization', `Bearer ${this.#token}`)
    const url = new URL(`api/v1/${path}`, this.#base)
    const response = await fetch(url, { ...init, method, headers, redirect: 'manual' }).catch(
      (error: unknown) => {
        if (init.signal?.aborted) throw error
        throw this.#unreachable(error)
      },
    )
    if (response.ok) return response
    throw await this.#refusal(response)
  }

  async *#whole(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body
    } catch (cause) {
      const message = `The server at ${this.#base.origin} broke off the answer; its log holds the cause`
      throw new PlugbayError('INTERNAL', message, { cause })
    }
  }

  #unreachable(error: unknown): PlugbayError {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const code =
      (cause as NodeJS.ErrnoException).code ?? (cause instanceof Error ? cause.message : String(cause))
    return new PlugbayError('SERVER_UNREACHABLE', `No server answers at ${this.#base.origin} (${code})`, {
      cause: error,
    })
  }

  #notPlugbay(what: string, cause?: unknown): PlugbayError {
    return new PlugbayError(
      'SERVER_UNREACHABLE',
      `What answers at ${this.#base.origin} is not a Plugbay server: ${what}`,
      { cause },
    )
  }

  /** The problem+json of the response as an error; other responses come from a server that is not Plugbay. */
  async #refusal(response: Response): Promise<PlugbayError> {
    const body: unknown = await response.json().catch(() => undefined)
    if (typeof body !== 'object' || body === null || !('code' in body)) {
      return this.#notPlugbay(`it answered ${response.status}`)
    }
    const { code, title, detail, problems, hint } = body as Readonly<Record<string, unknown>>
    const message = [detail, title, code].find((part) => typeof part === 'string' && part !== '') as string
    const known = isErrorCode(code) ? code : 'INTERNAL'
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : []
    if (known === 'UNAUTHENTICATED') return this.#unauthenticated(message)
    if (list.length === 0 && typeof hint === 'string')
      return new PlugbayError(known, message, { problems: [{ code: known, message, hint }] })
    return new PlugbayError(known, message, { problems: list })
  }

  #unauthenticated(message: string): PlugbayError {
    const hint =
      this.#token === undefined
        ? 'Pass --token or set PLUGBAY_TOKEN; or run this where the server was started, or with its PLUGBAY_DATA'
        : 'The token is not, or no longer, valid: the file admin-token in the data folder of the server holds one'
    return new PlugbayError('UNAUTHENTICATED', message, {
      problems: [{ code: 'UNAUTHENTICATED', message, hint }],
    })
  }
}

/** The Fetch standard requires `duplex` for a streaming body. */
function bodyInit(body: RequestBody): RequestInit & { readonly duplex?: 'half' } {
  // A Blob of a file would be read into memory as fast as the disk allows.
  if ('snapshot' in body)
    return { body: body.snapshot, duplex: 'half', headers: { 'content-type': SNAPSHOT_TYPE } }
  if ('backup' in body) return { body: body.backup, duplex: 'half', headers: { 'content-type': BACKUP_TYPE } }
  if ('zip' in body) return { body: body.zip, headers: { 'content-type': PACKAGE_TYPE } }
  return { body: JSON.stringify(body.json), headers: { 'content-type': 'application/json' } }
}
