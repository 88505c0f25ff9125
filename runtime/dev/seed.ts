// plugbay dev --seed: a module of the author that fills a new plugin by way of its own backend.
// It runs as a program of the author's, as `node seed.ts` would: they name it on the command line.
// Invariant: data that has been seeded once is not seeded again, until it is reset.

import { AsyncLocalStorage } from 'node:async_hooks'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PlugbayError } from '../errors.ts'

/** What a seed module gets. */
export interface SeedContext {
  /** A request to the backend as a user with every permission: "/notes" is the path that the backend sees. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>
}

export interface SeedOptions {
  /** The module; its default export is called with a SeedContext. */
  readonly file: string
  /** The data folder of `dev`, which remembers that it was seeded. */
  readonly data: string
  /** The whole runtime, as an application has it. */
  readonly app: (request: Request) => Response | Promise<Response>
}

const MARK = 'seeded'
const ORIGIN = 'http://127.0.0.1'

export class Seed {
  readonly #options: SeedOptions
  readonly #running = new AsyncLocalStorage<true>()

  constructor(options: SeedOptions) {
    this.#options = options
  }

  /** Whether the current request is one of the seed's. */
  get isAsking(): boolean {
    return this.#running.getStore() === true
  }

  /** Resolves with whether it has run. Rejects with what the module throws, and USAGE for an answer of 400 or more. */
  async run(id: string): Promise<boolean> {
    const { file, data } = this.#options
    const mark = join(data, MARK)
    if (existsSync(mark)) return false
    const loaded: unknown = await import(pathToFileURL(file).href)
    const seed = (loaded as { readonly default?: unknown }).default
    if (typeof seed !== 'function') throw failed(`"${file}" has no function as its default export`)
    const context: SeedContext = { fetch: (path, init) => this.#fetch(id, path, init) }
    await this.#running.run(true, async () => await seed(context))
    await writeFile(mark, '')
    return true
  }

  async #fetch(id: string, path: string, init?: RequestInit): Promise<Response> {
    const { pathname, search } = new URL(path, ORIGIN)
    const url = `${ORIGIN}/plugins/${id}/api${pathname}${search}`
    const response = await this.#options.app(new Request(url, init))
    if (response.status < 400) return response
    const text = (await response.text()).slice(0, 500)
    throw failed(`${init?.method ?? 'GET'} ${path} was answered ${response.status}: ${text}`)
  }
}

function failed(message: string): PlugbayError {
  return new PlugbayError('USAGE', message)
}
