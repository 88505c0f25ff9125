// A file with requests of fetch() and the answers of real servers: recorded once, replayed in every further test.
// Invariant: no value of a secret gets into the file, since it is written of what the plugin sent and got, where a placeholder stands for
// each; a request that was not recorded is never sent while it is replayed.

import { AsyncLocalStorage } from 'node:async_hooks'
import { isUtf8 } from 'node:buffer'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { textIfThere } from '../../plugin-store/text-if-there.ts'
import type { FetchResponseHead } from '../../sdk/protocol/fetch-wire.ts'
import type { HostCallResult } from '../../sdk/protocol/host-calls.ts'
import type { Egress, EgressCall, EgressResponse } from '../egress/egress.ts'
import { failed } from '../egress/egress-error.ts'
import { PlugbayError } from '../errors.ts'
import { fetchArguments } from '../host-calls/fetch-arguments.ts'
import type { Caller, Handler, Handlers } from '../host-calls/host-calls.ts'

export interface CassetteOptions {
  /** A JSON file, to be kept under version control. */
  readonly file: URL | string
  /**
   * `replay`: answer from the file. `record`: ask the servers, and write the file when the plugin is closed. By default, it is recorded where
   * the file is missing or PLUGBAY_RECORD is 1, but never where CI is set.
   */
  readonly mode?: 'record' | 'replay'
}

interface Recorded {
  readonly request: {
    readonly method: string
    readonly url: string
    /** Null without a body, and for one that was streamed. */
    readonly body: string | null
  }
  readonly response: {
    readonly status: number
    readonly statusText: string
    readonly headers: readonly (readonly [name: string, value: string])[]
    /** Where redirects have led to. */
    readonly url?: string
    readonly body: string | null
    /** How bytes that are not text are written. */
    readonly encoding?: 'base64'
  }
}

type Key = Recorded['request']

/** One request on its way through the handler, and the names of the secrets in it. */
interface Passing {
  readonly key: Key
  readonly secrets: Caller['secrets']
}

const VERSION = 1
/** They say who it was, or that it was another day. */
const NOT_KEPT: ReadonlySet<string> = new Set(['set-cookie', 'date', 'expires', 'age', 'content-length'])

export class Cassette {
  readonly #file: string
  readonly #isRecording: boolean
  readonly #tape: Recorded[]
  /** How often each request has been answered. */
  readonly #played = new Map<string, number>()
  readonly #passing = new AsyncLocalStorage<Passing>()

  private constructor(file: string, tape: Recorded[], isRecording: boolean) {
    this.#file = file
    this.#tape = tape
    this.#isRecording = isRecording
  }

  /** Rejects with USAGE for a file of another kind, and for one that is missing where CI is set. */
  static async open(
    { file, mode }: CassetteOptions,
    env: NodeJS.ProcessEnv = process.env,
  ): Promise<Cassette> {
    const path = typeof file === 'string' ? file : fileURLToPath(file)
    const tape = mode === 'record' ? undefined : await readTape(path)
    const isCi = env.CI !== undefined && env.CI !== '' && env.CI !== 'false'
    const wantsRecord =
      mode === 'record' || (mode === undefined && (tape === undefined || env.PLUGBAY_RECORD === '1'))
    if (wantsRecord && isCi && mode === undefined)
      throw new PlugbayError(
        'USAGE',
        `The cassette "${path}" is missing: record it on your machine, and commit it`,
      )
    if (!wantsRecord && tape === undefined)
      throw new PlugbayError('USAGE', `The cassette "${path}" is missing: record it with PLUGBAY_RECORD=1`)
    return new Cassette(path, wantsRecord ? [] : [...(tape ?? [])], wantsRecord)
  }

  readonly egress = (network: Egress): Egress =>
    this.#isRecording ? network : { ...network, request: async (_asked, call) => this.#replay(call) }

  readonly handlers = (handlers: Handlers): Handlers => ({
    ...handlers,
    'net.fetch': async (caller, args, body, streams) => {
      const { method, target } = fetchArguments(args)
      const url = new URL(target)
      url.hash = ''
      const key = { method, url: named(url.href, caller.secrets), body: textOf(body, caller.secrets) }
      const ask: Handler = handlers['net.fetch']
      const result = await this.#passing.run({ key, secrets: caller.secrets }, () =>
        ask(caller, args, body, streams),
      )
      return this.#isRecording ? await this.#record(key, result, caller.secrets) : result
    },
  })

  readonly close = async (): Promise<void> => {
    if (!this.#isRecording || this.#tape.length === 0) return
    await mkdir(dirname(this.#file), { recursive: true })
    await writeFile(this.#file, `${JSON.stringify({ cassette: VERSION, exchanges: this.#tape }, null, 2)}\n`)
  }

  async #record(key: Key, result: HostCallResult, secrets: Caller['secrets']): Promise<HostCallResult> {
    const { status, statusText, headers, url, redirected } = result.head as FetchResponseHead
    const chunks: Uint8Array[] = []
    for await (const chunk of result.stream ?? []) chunks.push(chunk)
    const bytes = result.stream === undefined ? undefined : Buffer.concat(chunks)
    const kept = headers.flatMap((name, index): [string, string][] =>
      index % 2 === 1 || NOT_KEPT.has(name) ? [] : [[name, named(headers[index + 1] ?? '', secrets)]],
    )
    this.#tape.push({
      request: key,
      response: {
        ...{ status, statusText, headers: kept },
        ...(redirected && { url: named(url, secrets) }),
        body: textOf(bytes, secrets),
        ...(bytes !== undefined && !isUtf8(bytes) && { encoding: 'base64' as const }),
      },
    })
    return bytes === undefined ? result : { head: result.head, stream: once(bytes) }
  }

  #replay(call: EgressCall): EgressResponse {
    const passing = this.#passing.getStore()
    if (passing === undefined) throw failed('The request has not come from fetch()')
    const { key, secrets } = passing
    const placed = (text: string) => inPlace(text, secrets)
    call.permit(new URL(placed(key.url)))
    const found = this.#next(key)
    const { status, statusText, headers, body, encoding, url } = found.response
    return {
      ...{ status, statusText, redirected: url !== undefined, url: placed(url ?? key.url) },
      headers: headers.flatMap(([name, value]) => [name, placed(value)]),
      body:
        body === null
          ? undefined
          : once(encoding === 'base64' ? Buffer.from(body, 'base64') : Buffer.from(placed(body))),
    }
  }

  /** The same request again gets the next answer that was recorded of it, and at last the last one. */
  #next(key: Key): Recorded {
    const id = JSON.stringify([key.method, key.url, key.body])
    const same = this.#tape.filter(
      ({ request }) => JSON.stringify([request.method, request.url, request.body]) === id,
    )
    const count = this.#played.get(id) ?? 0
    this.#played.set(id, count + 1)
    const found = same[Math.min(count, same.length - 1)]
    if (found !== undefined) return found
    throw failed(
      `${key.method} ${key.url} is not in the cassette "${this.#file}": record it again with PLUGBAY_RECORD=1`,
    )
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function readTape(path: string): Promise<readonly Recorded[] | undefined> {
  const text = await textIfThere(path)
  if (text === undefined) return undefined
  const { cassette, exchanges } = JSON.parse(text) as {
    readonly cassette?: unknown
    readonly exchanges?: unknown
  }
  if (cassette === VERSION && Array.isArray(exchanges)) return exchanges as readonly Recorded[]
  throw new PlugbayError('USAGE', `"${path}" is no cassette of this version`)
}

function textOf(bytes: Uint8Array | undefined, secrets: Caller['secrets']): string | null {
  if (bytes === undefined) return null
  return isUtf8(bytes) ? named(Buffer.from(bytes).toString(), secrets) : Buffer.from(bytes).toString('base64')
}

/** Placeholders are others in every run: their names stand in the file. */
function named(text: string, { placeholders }: Caller['secrets']): string {
  return Object.entries(placeholders).reduce(
    (all, [name, placeholder]) => all.replaceAll(placeholder, `{{${name}}}`),
    text,
  )
}

function inPlace(text: string, { placeholders }: Caller['secrets']): string {
  return Object.entries(placeholders).reduce(
    (all, [name, placeholder]) => all.replaceAll(`{{${name}}}`, placeholder),
    text,
  )
}
