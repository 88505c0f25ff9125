// The places in the library where plugins take part. A plugin that fails costs its own part: the library goes on with the value that it had.

import type { DatabaseSync } from 'node:sqlite'
import type { HookValue, Runtime } from 'plugbay'
import { syncWithDistrict } from './database/sync.ts'
import type { Book, Member, SyncReport } from './database/types.ts'
import type { library } from './declaration.ts'
import { userOf } from './identity.ts'
import type { Language } from './words.ts'

/** Administration, API and pages of plugins are below it. */
export const PLUGINS_PATH = '/apps'

export interface Caller {
  readonly member: Member | undefined
  readonly language: Language
}

export type Theme = HookValue<typeof library, 'theme.colours'>

export const THEME: Theme = { accent: '#0b6e4f', accentInk: '#ffffff' }

export class PluginPoints {
  readonly #runtime: Runtime<typeof library>

  constructor(runtime: Runtime<typeof library>) {
    this.#runtime = runtime
  }

  async theme(caller: Caller): Promise<Theme> {
    return (await this.#runtime.hooks.apply('theme.colours', THEME, asCaller(caller))).value
  }

  /** Plugins may change titles; which books there are, and in which order, is the library's. */
  async titled(books: readonly Book[], caller: Caller): Promise<readonly Book[]> {
    const titles = books.map(({ id, title }) => ({ id, title }))
    const { value } = await this.#runtime.hooks.apply('content.titles', titles, asCaller(caller))
    const byId = new Map(value.map(({ id, title }) => [id, title]))
    return books.map((book) => ({ ...book, title: byId.get(book.id) ?? book.title }))
  }

  async opened({ id, title }: Book, caller: Caller): Promise<void> {
    await this.#runtime.hooks.apply('content.opened', { id, title }, asCaller(caller))
  }

  /** Plugins are notified before and after; one that fails does not stop the sync. Both events have one key, so they arrive in order. */
  async sync(database: DatabaseSync, caller: Caller): Promise<SyncReport> {
    const options = { key: 'district', user: asCaller(caller).user }
    await this.#runtime.events.emit('sync.before', {}, options)
    const report = syncWithDistrict(database)
    await this.#runtime.events.emit('sync.after', { ...report }, options)
    return report
  }
}

function asCaller({ member, language }: Caller) {
  return { user: member === undefined ? null : userOf(member), language }
}
