// Gives an item of a menu the operator's title.
// Invariant: only items that the plugin has, enabled or not: a misspelt name would have no effect, silently.

import type { MenuItemPlace } from '../../../plugin-store/records.ts'
import type { Actor } from '../../../plugin-store/store.ts'
import type { Text } from '../../../sdk/manifest/text.ts'
import { didYouMean } from '../../../sdk/text/did-you-mean.ts'
import { itemNameOf } from '../../contributions/menu-items.ts'
import { unknownMenu } from '../../contributions/menus.ts'
import { PlugbayError } from '../../errors.ts'
import { unknownPlugin } from '../plugin-controllers.ts'
import type { LifecycleServices } from '../services.ts'

type Services = Pick<LifecycleServices, 'menuTitles' | 'points' | 'store'>

/** Rejects with POINT_UNKNOWN, PLUGIN_UNKNOWN and MENU_ITEM_UNKNOWN. */
export async function setMenuTitle(
  place: MenuItemPlace,
  { title, actor }: { readonly title: Text | null; readonly actor: Actor },
  { menuTitles, points, store }: Services,
): Promise<void> {
  const { menu, plugin, item } = place
  if (points.find('menus', menu) === undefined) throw unknownMenu(menu, points)
  const record = await store.catalog.get(plugin)
  if (record === undefined) throw unknownPlugin(plugin)
  const releases = await store.catalog.releases(plugin)
  const { manifest } =
    releases.find(({ version }) => version === (record.activeVersion ?? record.candidateVersion)) ?? {}
  const items = (manifest?.contributes?.menus ?? []).filter((each) => each.menu === menu).map(itemNameOf)
  // Of an item that a release had before, a title can still be taken back.
  if (!items.includes(item) && menuTitles.of(place) === undefined) {
    const meant = didYouMean(item, items)
    throw new PlugbayError(
      'MENU_ITEM_UNKNOWN',
      `"${plugin}" has no item "${item.slice(0, 100)}" in the menu "${menu}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    )
  }
  await menuTitles.set(place, title, actor)
}
