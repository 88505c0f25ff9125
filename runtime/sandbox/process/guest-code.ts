// The guest bundle with V8's code cache for it, which is created once and keyed by content and V8 version.
// Invariant: a start never waits for the cache: until there is one, every process compiles the guest itself.

import { join } from 'node:path'
import { guestBundle } from '../../bundles/guest-bundle.ts'
import { keep, readKept, sha256 } from '../../bundles/kept-file.ts'
import type { Log } from '../../log.ts'
import type { BackendCode } from '../types.ts'

export interface GuestCodeOptions {
  /** Folder of the cache, which no other user may write to. */
  readonly folder: string | undefined
  /** Compiles in a process that has run no plugin code. */
  readonly compile: (source: Buffer) => Promise<Uint8Array>
  readonly log: Log
}

export class GuestCode {
  readonly #options: GuestCodeOptions
  readonly #source = Buffer.from(guestBundle())
  readonly #path: string | undefined
  #cache: Buffer | undefined
  #making: Promise<void> | undefined

  constructor(options: GuestCodeOptions) {
    this.#options = options
    const name = `guest-${sha256(this.#source).toString('hex').slice(0, 16)}-${process.versions.v8}-${process.arch}.bin`
    this.#path = options.folder === undefined ? undefined : join(options.folder, name)
    this.#cache = this.#path === undefined ? undefined : readKept(this.#path)
  }

  get bundle(): BackendCode {
    return { source: this.#source, cache: this.#cache }
  }

  /** Creates a missing cache. */
  ensure(): void {
    if (this.#cache === undefined) this.#making ??= this.#make()
  }

  /** V8 rejected the cache: creates another one, once. */
  rejected(): void {
    if (this.#cache === undefined || this.#making !== undefined) return
    this.#cache = undefined
    this.ensure()
  }

  async #make(): Promise<void> {
    const { compile, log } = this.#options
    try {
      const cache = Buffer.from(await compile(this.#source))
      if (this.#path !== undefined) keep(this.#path, cache)
      this.#cache = cache
    } catch (error) {
      log.debug({ error: String(error) }, 'no code cache of the guest was made')
    }
  }
}
