// Small values that a page keeps for its user: with the shell, since a sandboxed page has no storage of its own.

import { connectedShell } from './shell.ts'
import type { Question } from './shell-messages.ts'

/** Values for this plugin and this user: JSON, 64 kB together. */
export interface PageStorage {
  /** undefined without a value. */
  get<Value = unknown>(key: string): Promise<Value | undefined>
  /** Rejects when there is no room, and with a TypeError for what is not JSON. */
  set(key: string, value: unknown): Promise<void>
  remove(key: string): Promise<void>
  keys(): Promise<readonly string[]>
}

/** On an origin of its own, a page without a shell has the storage of the browser. */
export function createStorage(): PageStorage {
  const PREFIX = 'plugbay.'
  const own = (): Storage => {
    if (self.origin === 'null')
      throw new Error('A sandboxed page has storage in the shell only: open it there')
    return localStorage
  }
  const ask = async (question: Question, otherwise: (storage: Storage) => unknown): Promise<unknown> => {
    const found = await connectedShell()
    return found === undefined ? otherwise(own()) : await found.ask(question)
  }
  return {
    async get<Value>(key: string) {
      const text = await ask({ ask: 'storage.get', key }, (kept) => kept.getItem(PREFIX + key))
      return typeof text === 'string' ? (JSON.parse(text) as Value) : undefined
    },
    async set(key, value) {
      const text: string | undefined = JSON.stringify(value)
      if (text === undefined) throw new TypeError('Only what JSON has can be kept')
      await ask({ ask: 'storage.set', key, value: text }, (kept) => kept.setItem(PREFIX + key, text))
    },
    async remove(key) {
      await ask({ ask: 'storage.remove', key }, (kept) => kept.removeItem(PREFIX + key))
    },
    async keys() {
      const names = (kept: Storage) =>
        Object.keys(kept).flatMap((name) => (name.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : []))
      return (await ask({ ask: 'storage.keys' }, names)) as readonly string[]
    },
  }
}
