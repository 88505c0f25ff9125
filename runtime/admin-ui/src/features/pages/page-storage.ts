// What pages of plugins keep in this browser, in the place of the shell: sandboxed pages have none of their own.
// Invariant: a plugin reaches the values of this user and of its own installation and author only, and has a share that it cannot pass.

import type { PluginPage } from '../../../../../sdk/api/pages.ts'
import { MAX_STORED, type Question } from '../../../../../sdk/client/shell-messages.ts'

type StorageQuestion = Extract<Question, { readonly ask: `storage.${string}` }>

interface Kept {
  readonly generation: string
  readonly values: Readonly<Record<string, string>>
}

export interface PageStore {
  /** Throws an Error with a reason for the page. */
  answer(question: StorageQuestion): unknown
  /** Calls the listener with the key when a value changes, here or in another window. Returns how to end that. */
  onChange(listener: (key: string) => void): () => void
}

const PREFIX = 'plugbay-page'

export function pageStore({ plugin, generation, user }: PluginPage): PageStore {
  const name = `${PREFIX}:${plugin}:${user ?? ''}`
  const listeners = new Set<(key: string) => void>()
  const read = (text = localStorage.getItem(name)): Map<string, string> => {
    const kept = parsed(text)
    // Another author's, or of an installation that was removed.
    return new Map(kept?.generation === generation ? Object.entries(kept.values) : [])
  }
  const write = (values: ReadonlyMap<string, string>, key: string): void => {
    const kept: Kept = { generation, values: Object.fromEntries(values) }
    if (JSON.stringify(kept.values).length > MAX_STORED)
      throw new Error(`There is no room: a plugin has ${MAX_STORED} characters`)
    try {
      localStorage.setItem(name, JSON.stringify(kept))
    } catch (cause) {
      throw new Error('There is no room left in this browser', { cause })
    }
    for (const listener of listeners) listener(key)
  }
  const hear = ({ key, oldValue, newValue }: StorageEvent): void => {
    if (key !== name) return
    const [before, after] = [read(oldValue), read(newValue)]
    for (const each of new Set([...before.keys(), ...after.keys()]))
      if (before.get(each) !== after.get(each)) for (const listener of listeners) listener(each)
  }
  return {
    answer(question) {
      const values = read()
      if (question.ask === 'storage.get') return values.get(question.key) ?? null
      if (question.ask === 'storage.keys') return [...values.keys()]
      if (question.ask === 'storage.set') values.set(question.key, question.value)
      else values.delete(question.key)
      write(values, question.key)
      return null
    },
    onChange(listener) {
      if (listeners.size === 0) addEventListener('storage', hear)
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) removeEventListener('storage', hear)
      }
    },
  }
}

function parsed(text: string | null): Kept | undefined {
  return text === null ? undefined : (JSON.parse(text) as Kept)
}
