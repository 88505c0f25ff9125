// How deep calls of plugins are nested: a handler may call others, whose handlers call others again.
// Invariant: it is counted by the runtime, by which plugins are being called: nothing that a plugin says counts.

import { PlugbayError } from '../errors.ts'

const MAX_DEPTH = 8

export class CallDepths {
  /** Depths of the open calls of each plugin. */
  readonly #open = new Map<string, number[]>()

  /** Runs a call of the plugin. */
  async during<T>(plugin: string, depth: number, run: () => Promise<T>): Promise<T> {
    const depths = this.#open.get(plugin) ?? []
    this.#open.set(plugin, depths)
    depths.push(depth)
    try {
      return await run()
    } finally {
      depths.splice(depths.indexOf(depth), 1)
      if (depths.length === 0) this.#open.delete(plugin)
    }
  }

  /**
   * The depth of a call that the plugin makes: below the deepest in which it is being called, since the runtime cannot tell which of them
   * it makes the call in.
   * @throws PlugbayError QUOTA_EXCEEDED
   */
  below(plugin: string): number {
    const depth = Math.max(0, ...(this.#open.get(plugin) ?? [])) + 1
    if (depth > MAX_DEPTH)
      throw new PlugbayError(
        'QUOTA_EXCEEDED',
        `Calls of plugins by plugins are nested deeper than ${MAX_DEPTH}`,
      )
    return depth
  }
}
