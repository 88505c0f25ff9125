// Looks names up for plugins in turn. The system does it on threads of Node's pool, of which it may occupy half, and a lookup
// that gets no answer lasts for many seconds: it can be neither interrupted nor overtaken.
// Invariant: a plugin has at most one lookup under way, so that its dead names take one thread; the others go to the next plugin
// in turn.

import type { Resolve, ResolvedAddress } from './pinned-agent.ts'

/** Lookups that the system carries out at once: half of the threads (libuv), of which there are four by default. */
export function lookupsAtOnce(threads = Number(process.env.UV_THREADPOOL_SIZE ?? 4)): number {
  return Math.max(1, Math.floor((threads + 1) / 2))
}

export class Lookups {
  readonly #resolve: Resolve
  readonly #atOnce: number
  /** Lookups that wait, by plugin; the next in turn first. */
  readonly #waiting = new Map<string, (() => void)[]>()
  /** Plugins with a lookup under way. */
  readonly #served = new Set<string>()
  /** By plugin and name: connections that are opened at the same time share a result. */
  readonly #open = new Map<string, Promise<readonly ResolvedAddress[]>>()

  constructor(resolve: Resolve, atOnce = lookupsAtOnce()) {
    this.#resolve = resolve
    this.#atOnce = atOnce
  }

  /** The lookups of one plugin. Rejects as the given function does. */
  for(pluginId: string): Resolve {
    return (hostname) => {
      const key = `${pluginId} ${hostname}`
      const open = this.#open.get(key)
      if (open !== undefined) return open
      const result = this.#lookUp(pluginId, hostname).finally(() => this.#open.delete(key))
      this.#open.set(key, result)
      return result
    }
  }

  async #lookUp(pluginId: string, hostname: string): Promise<readonly ResolvedAddress[]> {
    await new Promise<void>((resolve) => {
      const own = this.#waiting.get(pluginId)
      if (own === undefined) this.#waiting.set(pluginId, [resolve])
      else own.push(resolve)
      this.#serve()
    })
    try {
      return await this.#resolve(hostname)
    } finally {
      this.#served.delete(pluginId)
      // Behind the others, whose turn it is now.
      const own = this.#waiting.get(pluginId)
      if (this.#waiting.delete(pluginId) && own !== undefined) this.#waiting.set(pluginId, own)
      this.#serve()
    }
  }

  /** Starts what may start now. */
  #serve(): void {
    for (const [pluginId, own] of [...this.#waiting]) {
      if (this.#served.size >= this.#atOnce) return
      if (this.#served.has(pluginId)) continue
      const next = own.shift()
      if (own.length === 0) this.#waiting.delete(pluginId)
      if (next === undefined) continue
      this.#served.add(pluginId)
      next()
    }
  }
}
