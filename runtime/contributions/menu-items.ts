// The items of a menu for one user: a pure function of its contributors.
// Invariant: an item is there exactly for users who may open its page; a menu without items has no groups.

import type { MenuItemPlace } from '../../plugin-store/records.ts'
import type { MenuGroup, MenuItem } from '../../sdk/api/menus.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'
import type { Text } from '../../sdk/manifest/text.ts'
import { holds } from '../../sdk/permissions/permission-strings.ts'
import { mayAccess } from '../permissions/access.ts'
import type { Contributor } from './contributors.ts'
import { iconOf } from './icons.ts'
import { filledPath } from './menu-path.ts'
import { titleIn } from './menu-titles.ts'

export const DEFAULT_CATEGORY = 'Undefined Category'

export interface MenuView {
  readonly menu: string
  readonly user: { readonly permissions: readonly string[] } | null
  /** Of the page around the menu. */
  readonly params: Readonly<Record<string, unknown>>
  readonly language: string
  /** Of the text in that language. */
  readonly textIn: (text: Text) => string
  /** Where the runtime is mounted: "" or "/tools". */
  readonly basePath: string
  /** The operator's title of an item. */
  readonly chosenTitle: (place: MenuItemPlace) => Text | undefined
  /** The operator's order of plugins; empty: by category, then by title. */
  readonly order: readonly string[]
}

export function menuGroups(contributors: readonly Contributor[], view: MenuView): readonly MenuGroup[] {
  const places = new Map(view.order.map((id, place) => [id, place]))
  const collator = new Intl.Collator(view.language)
  const items = contributors
    .flatMap((contributor) => itemsOf(contributor, view))
    .map((entry) => ({ ...entry, place: places.get(entry.item.plugin) ?? view.order.length }))
    .toSorted(
      (a, b) =>
        a.place - b.place ||
        collator.compare(a.category, b.category) ||
        collator.compare(a.item.title, b.item.title),
    )
  const groups = Map.groupBy(items, ({ category }) => category)
  return [...groups].map(([category, entries]) => ({ category, items: entries.map(({ item }) => item) }))
}

type DeclaredItem = NonNullable<NonNullable<Manifest['contributes']>['menus']>[number]

/** What the operator's choices refer to: a name never begins with the slash of a path. */
export function itemNameOf({ name, path }: Pick<DeclaredItem, 'name' | 'path'>): string {
  return name ?? path
}

interface Entry {
  readonly category: string
  readonly item: MenuItem
}

function itemsOf({ id: plugin, plugin: serving }: Contributor, view: MenuView): readonly Entry[] {
  const { user, params, textIn, basePath, chosenTitle, language } = view
  const { access, artifact, manifest } = serving
  if (artifact.frontend === null || !mayAccess(access, user)) return []
  return (manifest.contributes?.menus ?? []).flatMap((declared): readonly Entry[] => {
    const { menu, title, category, icon, path, permissions = [] } = declared
    if (menu !== view.menu) return []
    if (!permissions.every((each) => user !== null && holds(user.permissions, each))) return []
    const filled = filledPath(path, params)
    if (filled === undefined) return []
    const chosen = chosenTitle({ menu, plugin, item: itemNameOf(declared) })
    const item = {
      plugin,
      title: titleIn(chosen, language) ?? textIn(title),
      icon: iconOf(icon),
      href: `${basePath}/plugins/${plugin}${filled}`,
    }
    return [{ category: category === undefined ? DEFAULT_CATEGORY : textIn(category), item }]
  })
}
