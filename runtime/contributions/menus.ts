// The menus of an application: what its pages, and the admin API, show of plugins.

import type { ListedMenuItem, MenuGroup } from '../../sdk/api/menus.ts'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import type { MenuName, MenuParams } from '../../sdk/host/static-types.ts'
import type { User } from '../../sdk/plugin-api/env.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import { PlugbayError } from '../errors.ts'
import type { Points } from '../host/points.ts'
import type { ValueChecks } from '../host/value-checks.ts'
import type { Languages } from '../languages/languages.ts'
import type { Contributors } from './contributors.ts'
import { itemNameOf, menuGroups } from './menu-items.ts'
import type { MenuTitles } from './menu-titles.ts'
import type { Orders } from './orders.ts'

export interface MenuCaller<Params = Readonly<Record<string, unknown>>> {
  /** Who sees the menu; null: a stranger. */
  readonly user: Pick<User, 'permissions'> | null
  /** What the page around the menu is about: it fills the paths of items. */
  readonly params?: Params
  /** That of the host by default. */
  readonly language?: string
  /** Where the application has mounted the runtime: `createApp(runtime, { basePath })`. */
  readonly basePath?: string
}

/** The menus of the application, typed by its declaration. */
export interface HostMenus<Host extends HostDeclaration = HostDeclaration> {
  /**
   * The items that the user may open, by category; none for an empty menu.
   * Rejects with POINT_UNKNOWN, and with VALUE_INVALID for parameters that the declaration does not accept.
   */
  items<Name extends MenuName<Host>>(
    name: Name,
    caller: MenuCaller<MenuParams<Host, Name>>,
  ): Promise<readonly MenuGroup[]>
}

export interface MenuParts {
  readonly points: Points
  readonly contributors: Contributors
  readonly orders: Pick<Orders, 'of'>
  readonly titles: Pick<MenuTitles, 'of'>
  readonly checks: ValueChecks
  readonly languages: Pick<Languages, 'of' | 'text'>
}

export class Menus implements HostMenus {
  readonly #parts: MenuParts

  constructor(parts: MenuParts) {
    this.#parts = parts
  }

  async items(name: string, caller: MenuCaller<unknown>): Promise<readonly MenuGroup[]> {
    const { points, contributors, orders, titles, checks, languages } = this.#parts
    const found = points.find('menus', name)
    if (found === undefined) throw unknownMenu(name, points)
    const { user, params = {}, basePath = '' } = caller
    const { params: schema = true } = found.point
    const fault = isRecord(params) ? (await checks.of(schema))(params) : 'must be an object'
    if (fault !== undefined)
      throw new PlugbayError('VALUE_INVALID', `The parameters of the menu "${name}" ${fault}`)
    const language = languages.of(caller.language)
    return menuGroups(contributors.of('menus', name), {
      menu: name,
      user,
      params: params as Readonly<Record<string, unknown>>,
      language,
      textIn: (text) => languages.text(text, language),
      basePath,
      chosenTitle: (place) => titles.of(place),
      order: orders.of('menus', name),
    })
  }
}

/** The items of all plugins that serve, for the operator. */
export function listedItems(
  menu: string,
  { contributors, titles }: Pick<MenuParts, 'contributors' | 'titles'>,
): readonly ListedMenuItem[] {
  return contributors.of('menus', menu).flatMap(({ id, plugin: { manifest } }) =>
    (manifest.contributes?.menus ?? [])
      .filter((declared) => declared.menu === menu)
      .map((declared) => {
        const { title, category = null, path, permissions = [] } = declared
        const item = itemNameOf(declared)
        const chosen = titles.of({ menu, plugin: id, item }) ?? null
        return { plugin: id, item, title, chosen, category, path, permissions }
      }),
  )
}

/** For the caller to throw. */
export function unknownMenu(name: string, points: Points): PlugbayError {
  const meant = didYouMean(
    name,
    points.list('menus').map((point) => point.name),
  )
  return new PlugbayError(
    'POINT_UNKNOWN',
    `"${points.host.id}" has no menu "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
