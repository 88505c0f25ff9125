// The menus of the application, for its pages. A visitor gets what that visitor may open.

import { ListedMenu, Menu, MenuParams, MenuQuery, MenuTitleChange } from '../../../sdk/api/menus.ts'
import { listedItems, unknownMenu } from '../../contributions/menus.ts'
import { PlugbayError } from '../../errors.ts'
import { createLanguageOf } from '../exchange/visitor-language.ts'
import { defineRoute } from './route.ts'

export const menuRoutes = [
  defineRoute({
    method: 'GET',
    path: '/menus/:menu',
    operationId: 'getMenu',
    summary: 'The items of a menu that the visitor may open, by category',
    tag: 'contributions',
    permission: 'visitor',
    params: MenuParams,
    query: MenuQuery,
    responses: { 200: { description: 'The menu', schema: Menu } },
    errors: ['POINT_UNKNOWN'],
    async handle({ params: { menu }, query, path, principal, request, services }) {
      const { languages, menus, points } = services
      const headers = [...request.headers].flat()
      const language = query.language ?? createLanguageOf(languages)({ headers }, principal)
      const caller = {
        user: principal,
        params: parsed(query.params ?? '{}'),
        language,
        basePath: path.slice(0, path.lastIndexOf('/api/v1/')),
      }
      const groups = await menus.items(menu, caller).catch((error: unknown) => {
        // Here the parameters are not the application's mistake.
        if (!(error instanceof PlugbayError) || error.code !== 'VALUE_INVALID') throw error
        throw new PlugbayError('BAD_REQUEST', error.message, { cause: error })
      })
      const title = points.find('menus', menu)?.point.title ?? menu
      const text = languages.text(title, languages.of(language))
      return { status: 200, json: { menu, title: text, groups: [...groups] } }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/menus/:menu/items',
    operationId: 'listMenuItems',
    summary: 'All items of a menu, with the titles that the operator has set',
    tag: 'contributions',
    permission: 'plugins.view',
    params: MenuParams,
    responses: { 200: { description: 'All items, on one page', schema: ListedMenu } },
    errors: ['POINT_UNKNOWN'],
    async handle({ params: { menu }, services }) {
      if (services.points.find('menus', menu) === undefined) throw unknownMenu(menu, services.points)
      const items = listedItems(menu, { contributors: services.contributors, titles: services.menuTitles })
      return { status: 200, json: { menu, items: [...items], nextCursor: null } }
    },
  }),
  defineRoute({
    method: 'PUT',
    path: '/menus/:menu/titles',
    operationId: 'setMenuTitle',
    summary: 'Give an item of a menu another title, which counts at once and is kept through upgrades',
    tag: 'contributions',
    permission: 'plugins.manage',
    params: MenuParams,
    body: MenuTitleChange,
    responses: { 200: { description: 'The title as it is stored', schema: MenuTitleChange } },
    errors: ['POINT_UNKNOWN', 'PLUGIN_UNKNOWN', 'MENU_ITEM_UNKNOWN'],
    async handle({ params: { menu }, body: { plugin, item, title }, actor, services: { plugins } }) {
      await plugins.setMenuTitle({ menu, plugin, item }, title, actor)
      return { status: 200, json: { plugin, item, title } }
    },
  }),
]

function parsed(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Said below, as for every other value that is not an object.
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>
  throw new PlugbayError('BAD_REQUEST', 'The parameter "params" is not a JSON object')
}
