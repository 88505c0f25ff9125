// The operator's titles of items in menus, as stored.
// Invariant: a change is stored before it counts, and counts for everyone at once.

import type { MenuItemPlace, MenuTitleRecord } from '../../plugin-store/records.ts'
import type { Actor, Store } from '../../plugin-store/store.ts'
import { type Text, textIn } from '../../sdk/manifest/text.ts'

export class MenuTitles {
  readonly #store: Pick<Store, 'menuTitles'>
  #current: ReadonlyMap<string, Text> = new Map()

  constructor(store: Pick<Store, 'menuTitles'>) {
    this.#store = store
  }

  of(place: MenuItemPlace): Text | undefined {
    return this.#current.get(keyOf(place))
  }

  /** @param title null: the plugin's own */
  async set({ menu, plugin, item }: MenuItemPlace, title: Text | null, actor: Actor): Promise<void> {
    const audit = { actor, action: 'menu.title', detail: { plugin, item, title } }
    await this.#store.menuTitles.set({ menu, plugin, item }, title, audit)
    await this.read()
  }

  /** Takes over what the store has: at the start, and when plugins were forgotten or replaced. */
  async read(): Promise<void> {
    const records = await this.#store.menuTitles.list()
    this.#current = new Map(records.map((record: MenuTitleRecord) => [keyOf(record), record.title]))
  }
}

/** What the operator says in this language; undefined in one that the operator has left to the plugin. */
export function titleIn(chosen: Text | undefined, language: string): string | undefined {
  if (chosen === undefined || typeof chosen === 'string') return chosen
  return Object.hasOwn(chosen, language) ? textIn(chosen, [language]) : undefined
}

function keyOf({ menu, plugin, item }: MenuItemPlace): string {
  return JSON.stringify([menu, plugin, item])
}
