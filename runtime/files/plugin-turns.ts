// Lets each plugin have a few calls under way in one process; its others wait for these.
// Invariant: a plugin that makes many calls delays another one by a few of them at most.

/** Enough to keep the process busy. */
const MAX_UNDER_WAY = 4

interface Turns {
  running: number
  readonly waiting: (() => void)[]
}

export class PluginTurns {
  readonly #plugins = new Map<string, Turns>()

  /** Resolves with the function that ends the turn. */
  async take(pluginId: string): Promise<() => void> {
    const turns = this.#plugins.get(pluginId) ?? { running: 0, waiting: [] }
    this.#plugins.set(pluginId, turns)
    if (turns.running < MAX_UNDER_WAY) turns.running++
    else await new Promise<void>((resolve) => turns.waiting.push(resolve))
    return () => {
      const next = turns.waiting.shift()
      if (next !== undefined) return next()
      turns.running--
      if (turns.running === 0) this.#plugins.delete(pluginId)
    }
  }
}
